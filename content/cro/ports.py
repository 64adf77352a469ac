"""What rendering asks of the floor above: where readers find a post."""

from typing import Protocol

from perfhooks.ports import Port


class PostAddressPort(Protocol):
    """The public address of a post, absolute and percent-encoded."""

    def __call__(self, slug: str) -> str:
        """Return the canonical address of the post of this slug."""
        ...


post_address_port: Port[PostAddressPort] = Port("content.cro.post_address")
