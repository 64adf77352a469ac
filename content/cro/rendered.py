"""A post as it is handed on: to its package, to its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from content.cro.environment import Target
from content.cro.images import ImageRef
from content.cro.variants import DEFAULT, Variant
from content.posts.findings import Finding


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """A post ready to be packed or served.

    html: fragment of the target's HTML, disclosure first; text: its plain twin; products: {product id: revision shown};
    table_version: 0 without a table; catalogue_revision: the newest of the products shown, 0 without any; as_of: the
    oldest price check among them (aware), None without any; findings: what the editor should mend; variant: how its blocks
    were filled; description: the beginning of its words, without prices; json_ld: what it says to machines.
    """

    post_id: int
    slug: str
    title: str
    html: str
    text: str
    images: tuple[ImageRef, ...]
    products: Mapping[int, int]
    template_id: str
    template_version: str
    table_version: int
    disclosure_version: str
    catalogue_revision: int
    as_of: datetime | None
    findings: tuple[Finding, ...]
    table_times: tuple[str, ...] = ()
    target: Target = "package"
    variant: Variant = DEFAULT
    description: str = ""
    json_ld: tuple[dict[str, Any], ...] = ()

    @property
    def is_publishable(self) -> bool:
        """Whether nothing keeps it from being packaged."""
        return not any(finding.is_blocking for finding in self.findings)
