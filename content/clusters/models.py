"""The tables of clusters and links: what the planner proposes, what editors decide, what was inserted and how it stands."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from content.clusters.reasons import REFUSALS, RULES


class Role(models.TextChoices):
    """What a post is to its cluster."""

    HUB = "hub", "허브"
    SPOKE = "spoke", "스포크"


class Standing(models.TextChoices):
    """Who put a post into a cluster. Only `planned` ones are moved by the planner."""

    PLANNED = "planned", "계획"
    ACCEPTED = "accepted", "승인"
    PINNED = "pinned", "고정"
    BLOCKED = "blocked", "막음"


class Cluster(models.Model):
    """A hub and its spokes."""

    name = models.CharField("이름", max_length=120)
    is_named = models.BooleanField("편집자가 지은 이름", default=False)
    plan = models.PositiveIntegerField("계획 번호", default=0)
    created_at = models.DateTimeField("생김", auto_now_add=True)
    updated_at = models.DateTimeField("고침", auto_now=True)

    class Meta:
        verbose_name = "클러스터"
        verbose_name_plural = "클러스터"
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="cluster_has_name")]

    def __str__(self) -> str:
        return self.name


class ClusterMember(models.Model):
    """A post in a cluster, or one that an editor keeps out of it (`blocked`)."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="members", verbose_name="클러스터")
    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="cluster_members", verbose_name="글")
    role = models.CharField("역할", max_length=8, choices=Role, default=Role.SPOKE)
    standing = models.CharField("상태", max_length=10, choices=Standing, default=Standing.PLANNED)
    score = models.FloatField("허브와 닮은 정도", default=0)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="정한 사람"
    )
    decided_at = models.DateTimeField("정한 때", null=True, blank=True)

    class Meta:
        verbose_name = "클러스터의 글"
        verbose_name_plural = "클러스터의 글"
        constraints = [
            models.UniqueConstraint(fields=["cluster", "post"], name="cluster_member_once"),
            models.UniqueConstraint(
                fields=["post"], condition=~Q(standing=Standing.BLOCKED), name="cluster_member_of_one"
            ),
            models.UniqueConstraint(
                fields=["cluster"],
                condition=Q(role=Role.HUB) & ~Q(standing=Standing.BLOCKED),
                name="cluster_has_one_hub",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.post_id}"


class LinkRule(models.Model):
    """An editor's word on one link: it must be there, or must not."""

    class Kind(models.TextChoices):
        """What the editor wants."""

        PIN = "pin", "고정"
        BLOCK = "block", "막음"

    source = models.ForeignKey("posts.Post", models.CASCADE, related_name="link_rules_out", verbose_name="넣을 글")
    target = models.ForeignKey("posts.Post", models.CASCADE, related_name="link_rules_in", verbose_name="연결할 글")
    kind = models.CharField("종류", max_length=8, choices=Kind)
    words = models.CharField(
        "낱말", max_length=80, blank=True, help_text="고정한 링크가 걸릴 낱말. 비우면 그 글의 앵커"
    )
    note = models.CharField("이유", max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="정한 사람"
    )
    made_at = models.DateTimeField("정한 때", auto_now_add=True)

    class Meta:
        verbose_name = "링크 규칙"
        verbose_name_plural = "링크 규칙"
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="link_rule_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="link_rule_of_two_posts"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id} {self.get_kind_display()}"


class Anchor(models.Model):
    """Words that link to a post. The same words never mean two posts. Editors' own win over those of titles."""

    class Origin(models.TextChoices):
        """Where the words come from."""

        TITLE = "title", "제목"
        EDITOR = "editor", "편집자"

    target = models.ForeignKey("posts.Post", models.CASCADE, related_name="anchors", verbose_name="연결할 글")
    text = models.CharField("낱말", max_length=80)
    key = models.CharField("찾는 꼴", max_length=160, unique=True, editable=False)
    origin = models.CharField("출처", max_length=8, choices=Origin, default=Origin.EDITOR)

    class Meta:
        verbose_name = "앵커"
        verbose_name_plural = "앵커"
        constraints = [models.CheckConstraint(condition=~Q(text="") & ~Q(key=""), name="anchor_has_text")]
        indexes = [models.Index(fields=["origin", "id"], name="anchor_origin")]

    def __str__(self) -> str:
        return self.text


class LinkBatch(models.Model):
    """Links that were planned together, are inserted together and can be taken back together."""

    class State(models.TextChoices):
        """How far it is. An applying one that was cut off goes on from where it stood."""

        PLANNED = "planned", "계획됨"
        APPLYING = "applying", "넣는 중"
        APPLIED = "applied", "넣음"
        UNDOING = "undoing", "되돌리는 중"
        UNDONE = "undone", "되돌림"
        DISCARDED = "discarded", "버림"

    batch_id = models.CharField("묶음", max_length=64, unique=True)
    # Only planning says `planned`, for one batch at a time.
    state = models.CharField("상태", max_length=10, choices=State, default=State.DISCARDED)
    reason = models.CharField("이유", max_length=200, blank=True)
    planned = models.PositiveIntegerField("계획", default=0)
    inserted = models.PositiveIntegerField("넣음", default=0)
    refused = models.PositiveIntegerField("거부", default=0)
    conflicts = models.PositiveIntegerField("충돌", default=0)
    undone = models.PositiveIntegerField("되돌림", default=0)
    refusals = models.JSONField("거부한 까닭", default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="만든 사람"
    )
    made_at = models.DateTimeField("계획한 때")
    worked_at = models.DateTimeField("마지막 진행", null=True, blank=True)
    applied_at = models.DateTimeField("넣은 때", null=True, blank=True)
    undone_at = models.DateTimeField("되돌린 때", null=True, blank=True)
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "링크 묶음"
        verbose_name_plural = "링크 묶음"
        constraints = [
            # Two open plans could together put more into a page, or of one anchor, than each allows.
            models.UniqueConstraint(fields=["state"], condition=Q(state="planned"), name="link_batch_one_planned")
        ]

    def __str__(self) -> str:
        return self.batch_id


class PlannedLink(models.Model):
    """One link of a batch, or one that was refused and why. start: where its words begin in the body that was planned."""

    class State(models.TextChoices):
        """What became of it."""

        PLANNED = "planned", "계획"
        INSERTED = "inserted", "넣음"
        REFUSED = "refused", "거부"
        UNDONE = "undone", "되돌림"

    batch = models.ForeignKey(LinkBatch, models.CASCADE, related_name="links", verbose_name="묶음")
    source = models.ForeignKey("posts.Post", models.CASCADE, related_name="planned_links_out", verbose_name="넣을 글")
    target = models.ForeignKey(
        "posts.Post", models.SET_NULL, null=True, related_name="planned_links_in", verbose_name="연결할 글"
    )
    target_slug = models.CharField("연결할 글의 슬러그", max_length=80)
    words = models.CharField("낱말", max_length=160, blank=True)
    start = models.PositiveIntegerField("위치", default=0)
    line = models.PositiveIntegerField("줄", default=0)
    rule_id = models.CharField("규칙", max_length=12, choices=list(RULES.items()))
    score = models.FloatField("점수", default=0)
    state = models.CharField("상태", max_length=10, choices=State, default=State.PLANNED)
    reason = models.CharField("까닭", max_length=20, choices=list(REFUSALS.items()), blank=True)
    body_hash = models.CharField("본문 지문", max_length=64, blank=True)
    revision_before = models.PositiveIntegerField("이전 판", default=0)
    revision_after = models.PositiveIntegerField("다음 판", default=0)

    class Meta:
        verbose_name = "계획한 링크"
        verbose_name_plural = "계획한 링크"
        constraints = [
            models.UniqueConstraint(fields=["batch", "source", "target_slug"], name="planned_link_once"),
            models.CheckConstraint(
                condition=~Q(source=F("target")) | Q(state="refused"), name="planned_link_of_two_posts"
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="planned_link_says_why"),
        ]
        indexes = [models.Index(fields=["batch", "state", "source"], name="planned_link_state")]

    def __str__(self) -> str:
        return self.words or f"{self.source_id} → {self.target_id}"


class PostLink(models.Model):
    """A link to a post as a body holds it now; written with each save. The target may not be there (yet)."""

    source = models.ForeignKey("posts.Post", models.CASCADE, related_name="post_links", verbose_name="글")
    target_slug = models.CharField("연결한 글의 슬러그", max_length=80)
    words = models.CharField("낱말", max_length=160, blank=True)

    class Meta:
        verbose_name = "글의 링크"
        verbose_name_plural = "글의 링크"
        constraints = [models.UniqueConstraint(fields=["source", "target_slug"], name="post_link_once")]
        indexes = [models.Index(fields=["target_slug"], name="post_link_target")]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_slug}"


class LinkHealth(models.Model):
    """How the links stood at one moment. Shares are 0 to 1; None where there is nothing to measure."""

    measured_at = models.DateTimeField("잰 때", db_index=True)
    batch = models.ForeignKey(
        LinkBatch, models.SET_NULL, null=True, blank=True, related_name="health", verbose_name="묶음"
    )
    posts = models.PositiveIntegerField("게시된 글", default=0)
    links = models.PositiveIntegerField("링크", default=0)
    orphans = models.PositiveIntegerField("고아 글", default=0)
    orphan_share = models.FloatField("고아 글의 비율", null=True)
    hub_coverage = models.FloatField("허브 연결률", null=True)
    anchor_entropy = models.FloatField("앵커 엔트로피(비트)", null=True)
    same_anchor_share = models.FloatField("같은 앵커의 비율", null=True)
    cross_share = models.FloatField("클러스터 밖 링크의 비율", null=True)
    inbound_p10 = models.FloatField("들어오는 링크 p10", null=True)
    inbound_p50 = models.FloatField("들어오는 링크 p50", null=True)
    broken = models.PositiveIntegerField("끊긴 링크", default=0)
    dormant = models.PositiveIntegerField("쉬는 링크", default=0)
    violations = models.PositiveIntegerField("어긴 규칙", default=0)
    inserted = models.PositiveIntegerField("넣음", default=0)
    failed = models.PositiveIntegerField("거부", default=0)
    conflicts = models.PositiveIntegerField("충돌", default=0)
    pages_per_session = models.FloatField("세션당 글", null=True)
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "링크 현황"
        verbose_name_plural = "링크 현황"

    def __str__(self) -> str:
        return f"{self.measured_at:%Y-%m-%d %H:%M}"
