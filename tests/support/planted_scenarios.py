"""A scenario for `manage.py perf_compare --file` whose head can be made slower on purpose.

PLANTED_SLOWDOWN=0.3 lets the head do 30 % more of the same work in each call, unseen by its count of units.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

ITEMS = 1_000


@contextmanager
def hash_items(_scratch: Path) -> Iterator[Callable[[], int]]:
    """Fingerprints of short texts: processor only."""
    is_head = os.environ.get("PERF_COMPARE_SIDE") == "head"
    share = float(os.environ.get("PLANTED_SLOWDOWN", "0")) if is_head else 0.0
    texts = [f"상품 {number:06}".encode() * 20 for number in range(ITEMS + round(ITEMS * share))]

    def run() -> int:
        for text in texts:
            hashlib.blake2b(text, digest_size=16).hexdigest()
        return ITEMS

    yield run


SCENARIOS: dict[str, Callable[[Path], AbstractContextManager[Callable[[], int]]]] = {"hash-items": hash_items}
