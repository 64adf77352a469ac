"""The raw timings of a load, one CSV row a request with full precision, and which metric of the plan each belongs to.

Plain Python: the generator writes the file, and programs that must never import Locust read it.
"""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ADMIN_LIST = "/admin/products"
ADMIN_DETAIL = "/admin/products/[id]"
API_LIST = "/api/v1/products"
API_DETAIL = "/api/v1/products/[id]"
LOGIN = "/admin/login"
SEARCH = "[search]"
PRIORITY = "[priority]"

LIST_P95 = "admin_product_list_p95_ms"
UPDATE_P95 = "admin_priority_update_p95_ms"
SEARCH_QPS = "product_search_qps"
METRICS = (LIST_P95, UPDATE_P95, SEARCH_QPS)


@dataclass(frozen=True, slots=True)
class Timing:
    """One answered (or failed) request: when it began (Unix time), how long it took, what came back.

    `name` groups addresses: `/admin/products [filter]`. `error` is empty for a good answer.
    """

    started_at: float
    method: str
    name: str
    milliseconds: float
    status: int
    bytes: int
    error: str

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of the plan that the request is a sample of."""
        if self.method == "POST" and self.name == f"{ADMIN_LIST} {PRIORITY}":
            return (UPDATE_P95,)
        is_list = self.method == "GET" and self.name.startswith(f"{ADMIN_LIST} [")
        is_search = self.method == "GET" and self.name.endswith(SEARCH)
        return (LIST_P95,) * is_list + (SEARCH_QPS,) * is_search


COLUMNS = tuple(column.name for column in fields(Timing))


class TimingFile:
    """Writes timings as they come; `repr` keeps every digit of a float. Used by one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="", buffering=1 << 16)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def write(self, timing: Timing) -> None:
        """Append one row."""
        self._writer.writerow([repr(value) if isinstance(value, float) else value for value in astuple(timing)])

    def close(self) -> None:
        """Put everything on the disk."""
        self._file.close()


def read_timings(path: Path) -> list[Timing]:
    """Return the rows of a file in its order; raises ValueError where its columns are not `COLUMNS`."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != COLUMNS:
            raise ValueError(f"{path}: 열이 {', '.join(COLUMNS)}이(가) 아닙니다.")
        return [_read_row(*row) for row in rows]


def select_window(timings: Iterable[Timing], began_at: float, ended_at: float) -> list[Timing]:
    """Return the requests that began within the measured time, without logins; a refused login counts whenever it was."""
    return [
        timing
        for timing in timings
        if (timing.error if timing.name == LOGIN else began_at <= timing.started_at < ended_at)
    ]


def _read_row(started_at: str, method: str, name: str, milliseconds: str, status: str, size: str, error: str) -> Timing:
    return Timing(float(started_at), method, name, float(milliseconds), int(status), int(size), error)
