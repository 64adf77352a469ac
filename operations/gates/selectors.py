"""Reads of the release gate: the board, the newest verdict, and what is red."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from operations.gates.models import GateDecision, GateLine, Verdict

DECISIONS_LISTED = 20


@dataclass(frozen=True, slots=True)
class Board:
    """One decision with its lines, those that bear on it first, and the newest decisions, among them that one."""

    decision: GateDecision
    lines: list[GateLine]
    history: list[GateDecision]


@dataclass(frozen=True, slots=True)
class NewestVerdict:
    """How the newest decision ended, in the words of `Verdict`, when, and on which commit."""

    verdict: str
    word: str
    decided_at: datetime
    commit: str


def read_board(number: int | None = None) -> Board | None:
    """Return the board of that decision, of the newest where there is none of that number; None before the first."""
    history = list(GateDecision.objects.all()[:DECISIONS_LISTED])
    if not history:
        return None
    shown = next((decision for decision in history if decision.pk == number), None)
    if shown is None and number is not None:
        shown = GateDecision.objects.filter(pk=number).first()
    shown = shown or history[0]
    return Board(shown, list(shown.lines.all()), history)


def newest_verdict() -> NewestVerdict | None:
    """Return how the newest decision ended; None before the first."""
    newest = GateDecision.objects.first()
    if newest is None:
        return None
    return NewestVerdict(newest.verdict, newest.get_verdict_display(), newest.decided_at, newest.commit)


def select_red() -> QuerySet[GateLine]:
    """The budgets that block in the newest decision."""
    newest = GateDecision.objects.order_by("-decided_at", "-pk").values("pk")[:1]
    return GateLine.objects.filter(decision=newest, verdict=Verdict.BLOCK)


def count_red() -> int:
    """How many budgets block in the newest decision."""
    return select_red().count()
