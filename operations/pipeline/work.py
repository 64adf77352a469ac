"""One post's way from its place in the refresh queue to its finished package."""

from dataclasses import dataclass

import structlog

from content.comparison.services import build_table
from content.cro.services import compose_post
from content.matching.services import match_post
from content.packages.services import PackageRefused, build_package
from content.posts.selectors import keep_processable
from content.refresh.selectors import read_states
from content.refresh.services import ClaimedEntry, claim_entry, fail_entry, finish_entry
from operations.site.services import renew_page
from perfhooks.trace import bind_tags

TAKEN_BACK = "처리하기 전에 작성 중으로 되돌리거나 보관한 글입니다."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """How one queue entry ended: built, cached, refused, failed, or skipped (somebody else had it, or the post is gone)."""

    entry_id: int
    status: str


def _build(entry: ClaimedEntry) -> str:
    match_post(post_id=entry.post_id)
    build_table(post_id=entry.post_id)
    rendered = compose_post(post_id=entry.post_id)
    status = build_package(post_id=entry.post_id, rendered=rendered).status
    renew_page(post_id=entry.post_id)
    return status


def process_entry(*, entry_id: int) -> EntryOutcome:
    """Match, tabulate, render and package the entry's post; idempotent, so a repeated or late order does no harm.

    A refusal ends the entry: with the post's findings, or with the reason that lies outside of it (disk, network), which
    the next run tries again. A defect puts the entry back for another attempt, until it is given up.
    """
    entry = claim_entry(entry_id=entry_id)
    if entry is None:
        return EntryOutcome(entry_id, "skipped")
    if not keep_processable([entry.post_id]):
        finish_entry(entry_id=entry_id, outcome="refused", reason=TAKEN_BACK)
        return EntryOutcome(entry_id, "refused")
    with bind_tags(content_id=entry.slug):
        try:
            status = _build(entry)
        except PackageRefused as refusal:
            finish_entry(entry_id=entry_id, outcome="refused", reason=str(refusal))
            return EntryOutcome(entry_id, "refused")
        except Exception as error:  # one post's defect must not stop the others; the entry keeps the reason
            if not read_states([entry_id]):
                return EntryOutcome(entry_id, "skipped")  # the post was deleted meanwhile, and its entry with it
            log.exception("entry_failed", entry_id=entry_id)
            fail_entry(entry_id=entry_id, error=f"{type(error).__name__}: {error}")
            return EntryOutcome(entry_id, "failed")
        finish_entry(entry_id=entry_id, outcome=status)
    return EntryOutcome(entry_id, status)
