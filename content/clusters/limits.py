"""The numbers that clusters and links keep to."""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """Limits of links. Shares are 0 to 1. The defaults are those of content.md section 5 as the settings have them."""

    words_per_link: int = 150
    page_most: int = 8
    first_sentences: int = 1
    cross_most: int = 1
    near_most: int = 3
    depth_most: int = 3
    anchor_share: float = 0.4
    anchor_free: int = 2
    alike: float = 0.25

    def cap_page(self, words: int) -> int:
        """How many links a page of so many words may hold."""
        return min(self.page_most, ceil(words / self.words_per_link))

    def cap_anchor(self, inbound: int) -> int:
        """How many of so many links to one post may have the same words."""
        return max(self.anchor_free, int(self.anchor_share * inbound + 1e-9))


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """Limits of clusters. alike: 0 to 1."""

    alike: float = 0.25
    spokes_most: int = 12
    spokes_least: int = 2
