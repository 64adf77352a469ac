"""What changed between two texts: by line, and within a line by word, with the unchanged parts folded."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT_LINES = 3
LINE_LENGTH_LIMIT = 2_000
"""Longer lines are shown as a whole: to compare words takes time that grows with the square of their number."""
LEAST_LIKENESS = 0.4
"""Lines that share less are two lines, not one that was changed."""
# Hangul words carry their particles: a word is cut where letters end, and each other sign stands for itself.
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line. kind: same on both sides, only in the old, or only in the new one."""

    kind: Literal["same", "old", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of the comparison. old, new: line numbers from 1, 0 where the side has no such line.

    kind fold: `skipped` equal lines that are not shown.
    """

    kind: Literal["same", "old", "new", "fold"]
    old: int
    new: int
    pieces: tuple[Piece, ...] = ()
    skipped: int = 0


def compare_texts(old: str, new: str) -> list[DiffLine]:
    """The lines of both texts in order, removed before added, with 3 equal lines around each change."""
    before, after = old.split("\n"), new.split("\n")
    lines: list[DiffLine] = []
    # Without the blank lines' special treatment a long text of many equal lines would take minutes.
    blocks = SequenceMatcher(None, before, after, autojunk=True).get_opcodes()
    for place, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            lines += _fold(before, i1, i2, j1, is_first=place == 0, is_last=place == len(blocks) - 1)
        else:
            lines += _compare_block(before[i1:i2], after[j1:j2], i1, j1)
    return lines


def compare_lines(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces of one line on its old and on its new side."""
    if max(len(old), len(new)) > LINE_LENGTH_LIMIT:
        return (Piece("old", old),), (Piece("new", new),)
    words_old, words_new = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, words_old, words_new, autojunk=False)
    if matcher.ratio() < LEAST_LIKENESS:
        return (Piece("old", old),), (Piece("new", new),)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        kinds: tuple[Literal["same", "old", "new"], Literal["same", "old", "new"]]
        kinds = ("same", "same") if tag == "equal" else ("old", "new")
        if i2 > i1:
            left.append(Piece(kinds[0], "".join(words_old[i1:i2])))
        if j2 > j1:
            right.append(Piece(kinds[1], "".join(words_new[j1:j2])))
    return tuple(left), tuple(right)


def _fold(before: Sequence[str], i1: int, i2: int, j1: int, *, is_first: bool, is_last: bool) -> Iterator[DiffLine]:
    size = i2 - i1
    head, tail = 0 if is_first else CONTEXT_LINES, 0 if is_last else CONTEXT_LINES
    if size <= head + tail:
        head, tail = size, 0
    yield from (_same(before, i1, j1, offset) for offset in range(head))
    if head + tail < size:
        yield DiffLine("fold", 0, 0, skipped=size - head - tail)
    yield from (_same(before, i1, j1, offset) for offset in range(size - tail, size))


def _same(before: Sequence[str], i1: int, j1: int, offset: int) -> DiffLine:
    return DiffLine("same", i1 + offset + 1, j1 + offset + 1, (Piece("same", before[i1 + offset]),))


def _compare_block(old: Sequence[str], new: Sequence[str], i1: int, j1: int) -> Iterator[DiffLine]:
    pairs = min(len(old), len(new))
    for at in range(pairs):
        left, right = compare_lines(old[at], new[at])
        yield DiffLine("old", i1 + at + 1, 0, left)
        yield DiffLine("new", 0, j1 + at + 1, right)
    for at in range(pairs, len(old)):
        yield DiffLine("old", i1 + at + 1, 0, (Piece("old", old[at]),))
    for at in range(pairs, len(new)):
        yield DiffLine("new", 0, j1 + at + 1, (Piece("new", new[at]),))
