"""The tables of posts. A post's natural key is its slug."""

from pathlib import PurePosixPath

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from content.posts.findings import KINDS


class Relationship(models.TextChoices):
    """What ties the post's writer to the product's seller; it decides the disclosure."""

    OWN_PRODUCT = "own_product", "직접 판매하는 상품"
    AFFILIATE_COMMISSION = "affiliate_commission", "판매 수수료"
    SPONSORED_GOODS = "sponsored_goods", "협찬 물품"
    PAID_AD = "paid_ad", "유료 광고"
    FREE_SAMPLE = "free_sample", "무료 체험"
    FAMILY_OR_STAFF = "family_or_staff", "가족·임직원"


class PostStatus(models.TextChoices):
    """Where a post stands; `states.TRANSITIONS` says what may follow. Drafts and archived ones are not processed."""

    DRAFT = "draft", "작성 중"
    READY = "ready", "준비됨"
    SCHEDULED = "scheduled", "게시 예약"
    PUBLISHED = "published", "게시됨"
    ARCHIVED = "archived", "보관됨"


class Post(models.Model):
    """A post in Markdown with placeholders. Written through `posts.services.save_post`."""

    slug = models.SlugField(
        "슬러그",
        max_length=80,
        unique=True,
        allow_unicode=True,
        help_text="한글, 영문 소문자, 숫자, 하이픈. 공개 주소와 패키지 파일 이름이 됩니다",
    )
    title = models.CharField("제목", max_length=200)
    body = models.TextField(
        "본문",
        help_text="Markdown. 자리표시: {{ product:SKU }} {{ price:SKU }} {{ discount:SKU }} {{ benefit:SKU }} {{ cta:SKU }} {{ table }} {{ ad:SLOT }}, "
        "SKU 대신 match를 쓰면 매칭된 상품. 올린 이미지는 ![설명](image:1), 동영상은 ![설명](video:1)",
    )
    relationship = models.CharField(
        "판매자와의 관계", max_length=24, choices=Relationship, default=Relationship.OWN_PRODUCT
    )
    variant = models.SlugField(
        "템플릿 변형", max_length=40, blank=True, help_text="블록을 채우는 방법. 비우면 기본으로 만듭니다"
    )
    status = models.CharField("상태", max_length=10, choices=PostStatus, default=PostStatus.DRAFT, db_index=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name="글쓴이", related_name="posts"
    )
    body_hash = models.CharField("내용 지문", max_length=64, editable=False)
    published_at = models.DateTimeField("게시", null=True, blank=True)
    publish_at = models.DateTimeField("게시 예약 시각", null=True, blank=True, help_text="한국 시간")
    publish_note = models.CharField("게시하지 못한 이유", max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField("작성", auto_now_add=True)
    updated_at = models.DateTimeField("수정", auto_now=True)

    class Meta:
        verbose_name = "글"
        verbose_name_plural = "글"
        permissions = [("publish_post", "글 게시")]
        constraints = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(slug=""), name="post_has_slug_and_title"),
            models.CheckConstraint(
                condition=~Q(status=PostStatus.PUBLISHED) | Q(published_at__isnull=False),
                name="post_published_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=PostStatus.SCHEDULED) | Q(publish_at__isnull=False),
                name="post_scheduled_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="post_newest"),
            models.Index(fields=["publish_at", "id"], name="post_due", condition=Q(status="scheduled")),
            models.Index(fields=["-published_at", "-id"], name="post_public", condition=Q(status="published")),
        ]

    def __str__(self) -> str:
        return self.title


def name_image(image: "PostImage", filename: str) -> str:
    """Where a picture is kept: by its fingerprint, so that no part of the uploader's file name is trusted."""
    return f"posts/{image.sha256[:2]}/{image.sha256[:32]}{PurePosixPath(filename).suffix.lower()}"


class PostImage(models.Model):
    """A picture of the editor's own. The body places it by `![설명](image:POSITION)`; else it follows the text."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="images", verbose_name="글")
    position = models.PositiveSmallIntegerField("순서", validators=[MinValueValidator(1)])
    image = models.ImageField("이미지", upload_to=name_image, max_length=200)
    alt = models.CharField("대체 텍스트", max_length=200, help_text="그림이 보이지 않을 때 읽을 설명")
    caption = models.CharField("사진 설명", max_length=200, blank=True, help_text="그림 아래에 보일 글")
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)

    class Meta:
        verbose_name = "글 이미지"
        verbose_name_plural = "글 이미지"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["post", "position"], name="post_image_position_once"),
            models.CheckConstraint(condition=Q(position__gte=1), name="post_image_position_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.alt}"


def name_video(video: "PostVideo", filename: str) -> str:
    """Where a clip is kept, by its fingerprint."""
    return f"posts/{video.sha256[:2]}/{video.sha256[:32]}.mp4"


def name_poster(video: "PostVideo", filename: str) -> str:
    """Where a clip's poster is kept; the file's name is its fingerprint already."""
    return f"posts/{filename[:2]}/{filename}"


class PostVideo(models.Model):
    """A clip of the editor's own. The body places it by `![설명](video:POSITION)`; else it follows the pictures."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="videos", verbose_name="글")
    position = models.PositiveSmallIntegerField("순서", validators=[MinValueValidator(1)])
    video = models.FileField("동영상", upload_to=name_video, max_length=200)
    poster = models.ImageField("대표 장면", upload_to=name_poster, max_length=200, editable=False)
    alt = models.CharField("대체 텍스트", max_length=200, help_text="영상이 보이지 않을 때 읽을 설명")
    caption = models.CharField("영상 설명", max_length=200, blank=True, help_text="영상 아래에 보일 글")
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    seconds = models.FloatField("길이(초)", editable=False, default=0)

    class Meta:
        verbose_name = "글 동영상"
        verbose_name_plural = "글 동영상"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["post", "position"], name="post_video_position_once"),
            models.CheckConstraint(condition=Q(position__gte=1), name="post_video_position_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.alt}"


class PostFinding(models.Model):
    """What the newest processing found wrong with a post; it goes when it is mended."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="findings", verbose_name="글")
    kind = models.CharField("종류", max_length=24, choices=list(KINDS.items()))
    line = models.PositiveIntegerField("줄", help_text="본문의 줄 번호. 0은 글 전체")
    message = models.CharField("내용", max_length=500)
    sku = models.CharField("SKU", max_length=40, blank=True)
    found_at = models.DateTimeField("발견", auto_now_add=True)

    class Meta:
        verbose_name = "글 점검 사항"
        verbose_name_plural = "글 점검 사항"
        indexes = [models.Index(fields=["kind", "sku"], name="post_finding_sku")]

    def __str__(self) -> str:
        return self.message


class PostRevision(models.Model):
    """What a post said from one save on. Never changed; a post's newest one is what it says now."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="revisions", verbose_name="글")
    number = models.PositiveIntegerField("판")
    title = models.CharField("제목", max_length=200)
    body = models.TextField("본문")
    relationship = models.CharField("판매자와의 관계", max_length=24, choices=Relationship)
    images = models.JSONField("이미지", default=list, help_text="순서, 파일, 대체 텍스트, SHA-256")
    videos = models.JSONField("동영상", default=list, help_text="순서, 파일, 대표 장면, 대체 텍스트, SHA-256")
    content_hash = models.CharField("내용 지문", max_length=64)
    is_published = models.BooleanField("공개됨", default=False, help_text="독자가 본 판은 정리할 때도 남습니다")
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="저장한 사람"
    )
    saved_at = models.DateTimeField("저장")
    reason = models.CharField("이유", max_length=200, blank=True)
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "글의 판"
        verbose_name_plural = "글의 판"
        constraints = [
            models.UniqueConstraint(fields=["post", "number"], name="post_revision_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="post_revision_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number}판"


class StatusChange(models.Model):
    """One step of a post from state to state. batch: of the one action that changed many posts together."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="status_changes", verbose_name="글")
    source = models.CharField("이전 상태", max_length=10, choices=PostStatus)
    target = models.CharField("새 상태", max_length=10, choices=PostStatus)
    revision = models.PositiveIntegerField("판", default=0)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="바꾼 사람"
    )
    changed_at = models.DateTimeField("바꾼 시각")
    reason = models.CharField("이유", max_length=200, blank=True)
    batch = models.CharField("묶음", max_length=64, blank=True, db_index=True)
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "상태 변경"
        verbose_name_plural = "상태 변경"
        indexes = [models.Index(fields=["post", "-id"], name="post_status_change")]

    def __str__(self) -> str:
        return f"{self.get_source_display()} → {self.get_target_display()}"


class EditLock(models.Model):
    """Who edits a post just now. A courtesy that ends by itself; the comparison of versions stays the last guard."""

    post = models.OneToOneField(Post, models.CASCADE, primary_key=True, related_name="edit_lock", verbose_name="글")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="편집하는 사람")
    since = models.DateTimeField("시작")
    expires_at = models.DateTimeField("풀리는 시각")

    class Meta:
        verbose_name = "편집 잠금"
        verbose_name_plural = "편집 잠금"

    def __str__(self) -> str:
        return f"{self.post_id} · {self.holder_id}"
