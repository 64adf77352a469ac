"""What the catalogue asks of the floor above: process posts again whose products editors held back or released."""

from collections.abc import Iterable
from typing import Protocol

from perfhooks.ports import Port


class PostsPort(Protocol):
    """Queue these posts; runs inside the transaction of the edit."""

    def __call__(self, *, post_ids: Iterable[int]) -> int:
        """Return how many entries were added to the queue."""
        ...


posts_port: Port[PostsPort] = Port("products.catalog.posts")
