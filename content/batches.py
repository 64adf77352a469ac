"""Long lists in pieces: a statement takes only so many parameters (32,766 on SQLite)."""

from collections.abc import Iterable, Iterator

BATCH_SIZE = 5_000


def split_batches(ids: Iterable[int], *, size: int = BATCH_SIZE) -> Iterator[list[int]]:
    """The ids, sorted and each once, in lists of at most `size`."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
