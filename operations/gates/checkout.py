"""Which code is about to be released, and whether a measured commit is the same code."""

from __future__ import annotations

from dataclasses import dataclass

from perfhooks import checkout
from perfhooks.machine import current_commit


@dataclass(frozen=True, slots=True)
class Checkout:
    """The commit that is judged (empty when unknown), and whether the files beside it hold changes of their own."""

    commit: str
    is_dirty: bool

    def has_same_code(self, commit: str) -> bool:
        """Whether that commit is this one, or differs from it in documents only."""
        return bool(self.commit) and (
            commit == self.commit or checkout.is_same_code(commit, self.commit, checkout.ROOT)
        )


def read_checkout() -> Checkout:
    """Return the code that runs: by JANGBU_COMMIT where it was deployed without git, else the checkout's own state."""
    return Checkout(current_commit(), is_dirty=checkout.has_own_changes())
