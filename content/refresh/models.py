"""The tables of the refresh queue and of what fills it by worth: figures, scores, settings, trials.

At most one entry of a post is live (queued or claimed) at any time.
"""

from django.db import models
from django.db.models import F, Q

from content.refresh.score import FIGURE_LIMIT, ONE, SCORE_MOST, THOUSAND
from perfhooks.versions import Version

REVENUE_LIMIT_WON = 1_000_000_000_000
"""Of one post on one day."""


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
    SCORE = "score", "성과 하락"


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


class ScoreReason(models.TextChoices):
    """The part of a score that weighs most."""

    LOSS = "loss", "클릭 감소"
    CONV = "conv", "전환 감소"
    FRESH = "fresh", "오래된 글"
    STALE = "stale", "낡은 가격·품절·고지"
    VALUE = "value", "매출이 큰 글"
    NONE = "none", "없음"


class Urgency(models.IntegerChoices):
    """Who is served first. What keeps readers' pages right goes before what may earn more."""

    READERS = 0, "독자 화면"
    SCORE = 1, "점수"


class RefreshEntry(models.Model):
    """One order to process a post.

    Served by urgency, then score, then waiting time. Entries of readers' pages have no score and so keep their line; one
    that its score had queued and that a change made urgent goes ahead of them. not_before: after a failure, when to try again.

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
    urgency = models.PositiveSmallIntegerField("순서", choices=Urgency, default=Urgency.READERS)
    score = models.PositiveIntegerField("점수", default=0)
    score_parts = models.JSONField("점수 구성", default=dict, blank=True)
    score_reason = models.CharField("점수의 이유", max_length=8, choices=ScoreReason, blank=True)
    not_before = models.DateTimeField("다시 시도할 때", null=True, blank=True)

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
            models.Index(
                fields=["urgency", "-score", "enqueued_at", "id"],
                condition=Q(state=EntryState.QUEUED),
                name="refresh_in_turn",
            ),
            models.Index(fields=["state", "enqueued_at", "id"], name="refresh_next"),
            models.Index(fields=["post", "-id"], name="refresh_of_post"),
        ]

    def __str__(self) -> str:
        return f"{self.post} · {self.get_state_display()}"


class MetricSource(models.TextChoices):
    """Where daily figures came from. Each figure is read from one source only: see `signals`."""

    SEARCH_CONSOLE = "search_console", "서치 콘솔"
    STORE = "store", "스토어 리포트"


class PostMetric(models.Model):
    """What one source said of a post on one Korean day. The newest import wins."""

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="metrics", verbose_name="글", db_index=False)
    source = models.CharField("출처", max_length=16, choices=MetricSource)
    day = models.DateField("날짜")
    impressions = models.PositiveIntegerField("노출", default=0)
    clicks = models.PositiveIntegerField("클릭", default=0)
    position = models.FloatField("평균 순위", null=True, blank=True)
    sessions = models.PositiveIntegerField("유입", default=0)
    conversions = models.PositiveIntegerField("주문", default=0)
    revenue = models.PositiveBigIntegerField("매출", default=0, help_text="원")

    class Meta:
        verbose_name = "글 성과"
        verbose_name_plural = "글 성과"
        constraints = [
            models.UniqueConstraint(fields=["post", "source", "day"], name="metric_once_a_day"),
            models.CheckConstraint(
                condition=Q(
                    impressions__lte=FIGURE_LIMIT,
                    clicks__lte=FIGURE_LIMIT,
                    sessions__lte=FIGURE_LIMIT,
                    conversions__lte=FIGURE_LIMIT,
                    revenue__lte=REVENUE_LIMIT_WON,
                ),
                name="metric_figures_in_range",
            ),
        ]
        indexes = [models.Index(fields=["-day", "-id"], name="metric_newest")]

    def __str__(self) -> str:
        return f"{self.post_id} · {self.get_source_display()} · {self.day}"


class MetricDay(models.Model):
    """A day that a source has figures of: where it has none, silence is not a loss."""

    source = models.CharField("출처", max_length=16, choices=MetricSource)
    day = models.DateField("날짜")

    class Meta:
        verbose_name = "성과가 있는 날"
        verbose_name_plural = "성과가 있는 날"
        constraints = [models.UniqueConstraint(fields=["source", "day"], name="metric_day_once")]

    def __str__(self) -> str:
        return f"{self.get_source_display()} · {self.day}"


class ImportState(models.TextChoices):
    """Where an import stands."""

    DRAFT = "draft", "확인 전"
    APPLIED = "applied", "적용됨"
    DROPPED = "dropped", "버림"


class MetricImport(models.Model):
    """A file of figures: what it would do, and whether it was done."""

    source = models.CharField("출처", max_length=16, choices=MetricSource)
    file_name = models.CharField("파일", max_length=200)
    stored = models.CharField("저장한 곳", max_length=200, blank=True, editable=False)
    state = models.CharField("상태", max_length=8, choices=ImportState, default=ImportState.DRAFT)
    rows = models.PositiveIntegerField("읽은 줄", default=0)
    added = models.PositiveIntegerField("새로", default=0)
    changed = models.PositiveIntegerField("바뀜", default=0)
    unchanged = models.PositiveIntegerField("그대로", default=0)
    unknown = models.PositiveIntegerField("글이 아닌 줄", default=0)
    bad = models.PositiveIntegerField("틀린 줄", default=0)
    first_day = models.DateField("첫 날", null=True, blank=True)
    last_day = models.DateField("끝 날", null=True, blank=True)
    errors = models.JSONField("틀린 곳", default=list)
    created_by = models.CharField("올린 사람", max_length=150, blank=True)
    created_at = models.DateTimeField("올린 때")
    applied_at = models.DateTimeField("적용한 때", null=True, blank=True)
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "성과 가져오기"
        verbose_name_plural = "성과 가져오기"
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at__isnull=False) | ~Q(state=ImportState.APPLIED), name="metric_applied_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} · {self.file_name}"


class ScoreSettings(Version):
    """A version of the score's settings."""

    loss = models.PositiveSmallIntegerField("트래픽 가중치", default=350, help_text="천분율")
    conv = models.PositiveSmallIntegerField("전환 가중치", default=200, help_text="천분율")
    fresh = models.PositiveSmallIntegerField("신선도 가중치", default=150, help_text="천분율")
    stale = models.PositiveSmallIntegerField("낡음 가중치", default=200, help_text="천분율")
    value = models.PositiveSmallIntegerField("가치 가중치", default=100, help_text="천분율")
    half_life_price = models.PositiveSmallIntegerField("가격 글 반감기", default=30, help_text="일")
    half_life_guide = models.PositiveSmallIntegerField("안내 글 반감기", default=180, help_text="일")
    half_life_evergreen = models.PositiveSmallIntegerField("늘 읽히는 글 반감기", default=365, help_text="일")
    cooldown_days = models.PositiveSmallIntegerField("쉬는 기간", default=21, help_text="일")
    holdout_percent = models.PositiveSmallIntegerField("남겨 두는 비율", default=10, help_text="%")
    threshold = models.PositiveSmallIntegerField("최저 점수", default=200, help_text="천분율")

    class Meta:
        verbose_name = "점수 가중치"
        verbose_name_plural = "점수 가중치"
        constraints = [
            models.UniqueConstraint(fields=["is_active"], condition=Q(is_active=True), name="score_one_active"),
            models.CheckConstraint(
                condition=Q(loss=THOUSAND - F("conv") - F("fresh") - F("stale") - F("value")), name="score_weights_sum"
            ),
            models.CheckConstraint(
                condition=Q(half_life_price__gte=1, half_life_guide__gte=1, half_life_evergreen__gte=1),
                name="score_half_lives_positive",
            ),
            models.CheckConstraint(
                condition=Q(cooldown_days__lte=365, holdout_percent__lte=50, threshold__lte=THOUSAND),
                name="score_settings_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}판"


class PostKind(models.IntegerChoices):
    """How fast a post ages. The order of score.KINDS."""

    PRICE = 0, "가격 글"
    GUIDE = 1, "안내 글"
    EVERGREEN = 2, "늘 읽히는 글"


class PostScore(models.Model):
    """A post's newest score: what it was made of, its parts in millionths, and why. Written by `scoring.score_posts`."""

    post = models.OneToOneField("posts.Post", models.CASCADE, primary_key=True, related_name="score", verbose_name="글")
    kind = models.PositiveSmallIntegerField("종류", choices=PostKind)
    fresh_day = models.PositiveIntegerField("고친 날", help_text="서기 1년 1월 1일이 1")
    refreshed_day = models.PositiveIntegerField("갱신한 날", null=True, blank=True)
    clicks_now = models.PositiveBigIntegerField("클릭")
    days_now = models.PositiveSmallIntegerField("자료가 있는 날")
    clicks_base = models.PositiveBigIntegerField("기준 클릭")
    days_base = models.PositiveSmallIntegerField("기준의 날")
    is_base_year = models.BooleanField("작년과 견줌", default=False)
    rate_now = models.PositiveIntegerField("전환율")
    rate_base = models.PositiveIntegerField("기준 전환율")
    visits = models.PositiveBigIntegerField("방문")
    placements = models.PositiveIntegerField("보이는 상품")
    stale_placements = models.PositiveIntegerField("낡은 상품")
    is_disclosure_failing = models.BooleanField("고지 오류")
    revenue = models.PositiveBigIntegerField("28일 매출")
    loss = models.PositiveIntegerField("트래픽")
    conv = models.PositiveIntegerField("전환")
    fresh = models.PositiveIntegerField("신선도")
    stale = models.PositiveIntegerField("낡음")
    value = models.PositiveIntegerField("가치")
    score = models.PositiveIntegerField("점수")
    reason = models.CharField("이유", max_length=8, choices=ScoreReason)
    is_cooling = models.BooleanField("쉬는 중")
    version = models.PositiveIntegerField("가중치 판")
    scored_at = models.DateTimeField("계산한 때")

    class Meta:
        verbose_name = "글 점수"
        verbose_name_plural = "글 점수"
        constraints = [
            models.CheckConstraint(
                condition=Q(loss__lte=ONE, conv__lte=ONE, fresh__lte=ONE, stale__lte=ONE, value__lte=ONE),
                name="score_parts_bounded",
            ),
            models.CheckConstraint(condition=Q(score__lte=SCORE_MOST), name="score_bounded"),
            models.CheckConstraint(condition=Q(is_cooling=False) | Q(score=0), name="score_none_while_cooling"),
        ]
        indexes = [models.Index(fields=["-score", "-revenue", "post"], name="score_highest")]

    def __str__(self) -> str:
        return f"{self.score * 100 / SCORE_MOST:.1f}점"


class Arm(models.TextChoices):
    """What was done with a post that its score had picked."""

    REFRESHED = "refreshed", "갱신함"
    HELD_BACK = "held_back", "남겨 둠"


class RefreshTrial(models.Model):
    """A post that its score picked in a round: refreshed, or by chance left alone so that the effect can be measured.

    before_*: sums of the 28 days before. bucket: what `score.draw_bucket` gave for the round, below 10,000.
    """

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="refresh_trials", verbose_name="글")
    round = models.CharField("회차", max_length=40)
    arm = models.CharField("구분", max_length=10, choices=Arm)
    bucket = models.PositiveSmallIntegerField("뽑은 수")
    picked_on = models.DateField("고른 날")
    picked_at = models.DateTimeField("고른 때")
    score = models.PositiveIntegerField("점수")
    parts = models.JSONField("점수 구성")
    reason = models.CharField("이유", max_length=8, choices=ScoreReason)
    version = models.PositiveIntegerField("가중치 판")
    before_clicks = models.PositiveBigIntegerField("전 28일 클릭")
    before_conversions = models.PositiveBigIntegerField("전 28일 주문")
    before_revenue = models.PositiveBigIntegerField("전 28일 매출")
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "갱신 효과"
        verbose_name_plural = "갱신 효과"
        constraints = [models.UniqueConstraint(fields=["post", "round"], name="trial_once_a_round")]
        indexes = [
            models.Index(fields=["-picked_on", "-id"], name="trial_newest"),
            models.Index(fields=["post", "-picked_on"], name="trial_of_post"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} · {self.get_arm_display()}"
