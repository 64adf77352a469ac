"""The states of a post and the ways between them, as data."""

from collections.abc import Callable
from dataclasses import dataclass

PUBLISH_RIGHT = "posts.publish_post"
CHANGE_RIGHT = "posts.change_post"


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one state to another: the word on its button and the right that it needs."""

    source: str
    target: str
    label: str
    right: str = CHANGE_RIGHT


TRANSITIONS: tuple[Transition, ...] = (
    Transition("draft", "ready", "준비됨으로"),
    Transition("draft", "archived", "보관"),
    Transition("ready", "draft", "작성 중으로"),
    Transition("ready", "scheduled", "게시 예약", PUBLISH_RIGHT),
    Transition("ready", "published", "게시", PUBLISH_RIGHT),
    Transition("ready", "archived", "보관"),
    Transition("scheduled", "scheduled", "예약 시각 바꾸기", PUBLISH_RIGHT),
    Transition("scheduled", "ready", "예약 취소", PUBLISH_RIGHT),
    Transition("scheduled", "draft", "작성 중으로", PUBLISH_RIGHT),
    Transition("scheduled", "published", "지금 게시", PUBLISH_RIGHT),
    Transition("scheduled", "archived", "보관", PUBLISH_RIGHT),
    Transition("published", "ready", "게시 취소", PUBLISH_RIGHT),
    Transition("published", "draft", "게시 취소하고 작성 중으로", PUBLISH_RIGHT),
    Transition("published", "archived", "보관", PUBLISH_RIGHT),
    Transition("archived", "draft", "다시 작성"),
    Transition("archived", "ready", "준비됨으로"),
    Transition("archived", "published", "다시 게시", PUBLISH_RIGHT),
)
FIRST_STATES = ("draft", "ready", "published")
"""In which a post may begin; published: one that was live elsewhere already."""
PROCESSED_STATES = ("ready", "scheduled", "published")
"""In which posts are matched and packaged."""
PUBLISHER_STATES = ("scheduled", "published")
"""Whose posts only a publisher moves on."""
_WAYS = {(way.source, way.target): way for way in TRANSITIONS}


def find_transition(source: str, target: str) -> Transition | None:
    """The way from one state to the other, None where there is none."""
    return _WAYS.get((source, target))


def list_transitions(source: str, may: Callable[[str], bool]) -> list[Transition]:
    """The ways that lead on from a state for somebody with these rights."""
    return [way for way in TRANSITIONS if way.source == source != way.target and may(way.right)]
