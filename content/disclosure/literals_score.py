"""How well literals are found, on rows whose spans are known."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from content.disclosure.literals import Literal

Span = tuple[int, int, str]


@dataclass(slots=True)
class Score:
    """Counts over the rows seen so far. kinds: {kind: (spans, overlapped, exact)}."""

    rows: int = 0
    kinds: dict[str, list[int]] = field(default_factory=dict)
    extra: int = 0
    """Findings that overlap no span, in rows that have some."""
    negatives: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    missed_ids: list[str] = field(default_factory=list)
    flagged_ids: list[str] = field(default_factory=list)

    def add(self, name: str, found: Iterable[Literal], spans: Iterable[Span], *, is_hard: bool) -> None:
        """Count one row. An exact finding has the span and the kind; a negative is a row without spans."""
        got = [(one.start, one.end, one.kind) for one in found]
        wanted = list(spans)
        self.rows += 1
        if not wanted:
            sort = "hard" if is_hard else "easy"
            self.negatives[sort] += 1
            if got:
                self.flagged[sort] += 1
                self.flagged_ids.append(name)
            return
        self.extra += sum(not any(_overlap(one, span) for span in wanted) for one in got)
        for span in wanted:
            counts = self.kinds.setdefault(span[2], [0, 0, 0])
            is_exact = span in got
            is_met = any(_overlap(one, span) for one in got)
            for position, counted in enumerate((True, is_met, is_exact)):
                counts[position] += counted
            if not is_exact:
                self.missed_ids.append(name)

    def summarise(self) -> dict[str, Any]:
        """The shares, and the ids of the rows behind what is missing from them."""
        total, met, exact = (sum(counts[at] for counts in self.kinds.values()) for at in range(3))
        return {
            "rows": self.rows,
            "spans": total,
            "overlap_recall": _share(met, total),
            "exact_recall": _share(exact, total),
            "extra_findings": self.extra,
            "easy_negatives": self.negatives["easy"],
            "easy_flagged": self.flagged["easy"],
            "hard_negatives": self.negatives["hard"],
            "hard_flagged": self.flagged["hard"],
            "kinds": {
                kind: {
                    "spans": counts[0],
                    "overlap": _share(counts[1], counts[0]),
                    "exact": _share(counts[2], counts[0]),
                }
                for kind, counts in sorted(self.kinds.items())
            },
            "missed_ids": sorted(set(self.missed_ids)),
            "flagged_ids": sorted(set(self.flagged_ids)),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
