"""The table of the refresh queue. At most one entry of a post is live (queued or claimed) at any time."""

from django.db import models
from django.db.models import Q


class Reason(models.TextChoices):
    """Why a post is to be processed."""

    NEW_POST = "new_post", "새 글"
    BODY_CHANGED = "body_changed", "글 변경"
    PRODUCT_CHANGED = "product_changed", "상품 변경"
    SKU_APPEARED = "sku_appeared", "기다리던 SKU 등록"
    UNPACKAGED = "unpackaged", "패키지 없음"
    RETRY = "retry", "다시 시도"
    OUTDATED = "outdated", "이전 판으로 만듦"
    CATALOGUE_MOVED = "catalogue_moved", "상품 원장 변경"
    SEASON_TURNED = "season_turned", "계절 규칙이 바뀌는 날"


class EntryState(models.TextChoices):
    """Where an entry stands."""

    QUEUED = "queued", "대기"
    CLAIMED = "claimed", "처리 중"
    DONE = "done", "끝남"
    DEAD = "dead", "실패"


LIVE_STATES = (EntryState.QUEUED, EntryState.CLAIMED)


class Outcome(models.TextChoices):
    """How the processing of a post ended."""

    BUILT = "built", "새로 만듦"
    CACHED = "cached", "그대로"
    REFUSED = "refused", "거부"


class RefreshEntry(models.Model):
    """One order to process a post.

    attempts counts how often it was taken and only grows; failures counts those that went wrong since the post last
    changed. A reason in `error` of a refused entry means a cause outside of the post: a sweeper tries it again.
    catalogue_version and catalogue_wording are those of the moment when the entry was taken: what was processed may be newer, never older.
    """

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="refresh_entries", verbose_name="글")
    reason = models.CharField("이유", max_length=20, choices=Reason)
    state = models.CharField("상태", max_length=8, choices=EntryState, default=EntryState.QUEUED)
    is_dirty = models.BooleanField(
        "처리 중 변경", default=False, help_text="처리하는 동안 또 바뀌어, 끝나면 다시 대기합니다"
    )
    enqueued_at = models.DateTimeField("대기 시작")
    claimed_at = models.DateTimeField("처리 시작", null=True, blank=True)
    claimed_by = models.CharField("처리기", max_length=200, blank=True)
    finished_at = models.DateTimeField("끝", null=True, blank=True)
    attempts = models.PositiveIntegerField("시도 횟수", default=0)
    failures = models.PositiveSmallIntegerField("실패 횟수", default=0)
    outcome = models.CharField("결과", max_length=8, choices=Outcome, blank=True)
    error = models.TextField("오류", blank=True)
    trace_id = models.CharField("추적 ID", max_length=64, help_text="마지막으로 맡은 실행")
    revision = models.BigIntegerField("카탈로그 리비전", null=True, blank=True)
    catalogue_version = models.BigIntegerField("처리한 원장의 판", default=0)
    catalogue_wording = models.BigIntegerField("처리한 찾는 말의 판", default=0)

    class Meta:
        verbose_name = "대기열 항목"
        verbose_name_plural = "리프레시 대기열"
        constraints = [
            models.UniqueConstraint(fields=["post"], condition=Q(state__in=LIVE_STATES), name="refresh_one_live_entry"),
            models.CheckConstraint(
                condition=~Q(state=EntryState.CLAIMED) | (Q(claimed_at__isnull=False) & ~Q(claimed_by="")),
                name="refresh_claim_has_holder",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE_STATES, finished_at__isnull=True)
                | Q(~Q(state__in=LIVE_STATES), finished_at__isnull=False),
                name="refresh_finished_has_time",
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(state=EntryState.DONE), name="refresh_outcome_only_at_end"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "enqueued_at", "id"], name="refresh_next"),
            models.Index(fields=["post", "-id"], name="refresh_of_post"),
        ]

    def __str__(self) -> str:
        return f"{self.post} · {self.get_state_display()}"
