"""The tables of packages."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Asset(models.Model):
    """A product's picture, fetched once from the store and kept as it came."""

    source_url = models.URLField("주소", max_length=500, unique=True)
    storage_name = models.CharField("저장 이름", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    suffix = models.CharField("형식", max_length=4)
    width = models.PositiveIntegerField("너비")
    height = models.PositiveIntegerField("높이")
    size_bytes = models.PositiveIntegerField("크기(바이트)")
    fetched_at = models.DateTimeField("받은 시각")

    class Meta:
        verbose_name = "상품 이미지"
        verbose_name_plural = "상품 이미지"
        constraints = [
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size_bytes__gt=0), name="asset_has_size")
        ]

    def __str__(self) -> str:
        return self.source_url


class Derivative(models.Model):
    """What a picture or clip was converted to. The same original and recipe are never decoded twice.

    part: picture, clip (without metadata), or frame:N of a clip with frame:0 as its poster. The hashes are unsigned numbers
    of 64 bits kept as signed ones; a clip itself has none.
    """

    original_sha256 = models.CharField("원본 SHA-256", max_length=64)
    part = models.CharField("부분", max_length=12)
    media_key = models.CharField("변환 방법", max_length=24)
    storage_name = models.CharField("저장 이름", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    suffix = models.CharField("형식", max_length=4)
    width = models.PositiveIntegerField("너비")
    height = models.PositiveIntegerField("높이")
    seconds = models.FloatField("길이(초)", default=0)
    size_bytes = models.PositiveBigIntegerField("크기(바이트)")
    dhash = models.BigIntegerField("dHash", default=0)
    whash = models.BigIntegerField("wHash", default=0)
    dhash_mirrored = models.BigIntegerField("dHash(좌우 반전)", default=0)
    whash_mirrored = models.BigIntegerField("wHash(좌우 반전)", default=0)
    made_at = models.DateTimeField("변환한 시각")

    class Meta:
        verbose_name = "변환된 파일"
        verbose_name_plural = "변환된 파일"
        constraints = [
            models.UniqueConstraint(fields=["original_sha256", "media_key", "part"], name="derivative_once"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="derivative_has_size"),
        ]


class PackageKind(models.TextChoices):
    """What a package is for."""

    NAVER = "naver", "네이버"
    UNIQUE = "unique", "유니크 팩"


class Package(models.Model):
    """A zip that was built of a post. The recipe tells what it is made of; the same recipe is never built twice.

    blog: "" for the ordinary package; doomed_at: it is being removed, whatever was killed meanwhile.
    """

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="packages", verbose_name="글")
    kind = models.CharField("종류", max_length=8, choices=PackageKind, default=PackageKind.NAVER)
    blog = models.CharField("블로그", max_length=40, blank=True)
    recipe_hash = models.CharField("구성 지문", max_length=64)
    recipe_version = models.CharField("구성 판", max_length=12)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveBigIntegerField("크기(바이트)")
    storage_path = models.CharField("파일", max_length=250, help_text="패키지 폴더 안의 경로")
    image_count = models.PositiveSmallIntegerField("이미지 수")
    video_count = models.PositiveSmallIntegerField("동영상 수", default=0)
    revision = models.BigIntegerField("카탈로그 리비전")
    template_id = models.CharField("템플릿", max_length=24)
    template_version = models.CharField("템플릿 판", max_length=12)
    variant = models.CharField("변형", max_length=40, default="default", help_text="블록을 채운 방식의 키")
    table_version = models.PositiveIntegerField("비교표 판", default=0)
    disclosure_version = models.CharField("고지문 판", max_length=40)
    as_of = models.DateTimeField("가격 기준", null=True, blank=True)
    trace_id = models.CharField("추적 ID", max_length=64)
    built_at = models.DateTimeField("만든 시각")
    is_current = models.BooleanField("현재", default=True)
    doomed_at = models.DateTimeField("정리 시작", null=True, blank=True)
    posted_url = models.URLField("네이버 주소", max_length=300, blank=True)
    posted_at = models.DateTimeField("올린 것으로 표시", null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="표시한 사람"
    )

    class Meta:
        verbose_name = "패키지"
        verbose_name_plural = "패키지"
        permissions = [("download_package", "패키지 내려받기")]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "kind", "blog"], condition=Q(is_current=True), name="package_one_current_each"
            ),
            models.UniqueConstraint(fields=["post", "recipe_hash"], name="package_recipe_once"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="package_has_size"),
            models.CheckConstraint(
                condition=Q(posted_url="", posted_at__isnull=True) | (~Q(posted_url="") & Q(posted_at__isnull=False)),
                name="package_posted_has_time",
            ),
            models.CheckConstraint(
                condition=Q(kind="naver", blog="") | (Q(kind="unique") & ~Q(blog="")), name="package_unique_has_blog"
            ),
        ]
        indexes = [
            models.Index(fields=["-built_at", "-id"], name="package_newest"),
            models.Index(fields=["posted_url"], name="package_posted", condition=~Q(posted_url="")),
            models.Index(fields=["doomed_at"], name="package_doomed", condition=Q(doomed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.storage_path

    @property
    def title(self) -> str:
        """The post's title."""
        return self.post.title

    @property
    def path(self) -> str:
        """Where the file lies within the package folder."""
        return self.storage_path


class AssetUse(models.Model):
    """The ledger: an original that a package has shown to the world, once for each blog and post; never deleted.

    The hashes are those of the original's converted picture, as in Derivative.
    """

    sha256 = models.CharField("원본 SHA-256", max_length=64, db_index=True)
    dhash = models.BigIntegerField("dHash")
    whash = models.BigIntegerField("wHash")
    dhash_mirrored = models.BigIntegerField("dHash(좌우 반전)")
    whash_mirrored = models.BigIntegerField("wHash(좌우 반전)")
    blog = models.CharField("블로그", max_length=40)
    slug = models.CharField("글 슬러그", max_length=80)
    package = models.ForeignKey(
        Package, models.SET_NULL, null=True, blank=True, related_name="uses", verbose_name="패키지"
    )
    storage_name = models.CharField("저장 이름", max_length=200)
    first_used_at = models.DateTimeField("처음 쓴 시각")

    class Meta:
        verbose_name = "사용한 이미지"
        verbose_name_plural = "사용한 이미지"
        constraints = [models.UniqueConstraint(fields=["blog", "slug", "sha256"], name="asset_use_once")]

    def __str__(self) -> str:
        return f"{self.blog} · {self.slug} · {self.sha256[:12]}"


class UniquePack(models.Model):
    """An editor's wish for a package of a post whose pictures no blog has shown yet, and how far it has come."""

    post = models.ForeignKey("posts.Post", models.CASCADE, related_name="unique_packs", verbose_name="글")
    blog = models.CharField("블로그", max_length=40, help_text="올릴 블로그. 예: home-note")
    package = models.ForeignKey(
        Package, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="만든 패키지"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="요청한 사람"
    )
    requested_at = models.DateTimeField("요청")
    checked_at = models.DateTimeField("대조한 시각")

    class Meta:
        verbose_name = "유니크 팩"
        verbose_name_plural = "유니크 팩"
        constraints = [models.UniqueConstraint(fields=["post", "blog"], name="unique_pack_once")]

    def __str__(self) -> str:
        return f"{self.post} → {self.blog}"


class Verdict(models.TextChoices):
    """What the ledger says about a picture."""

    NEW = "new", "새 사진"
    LOOK = "look", "눈으로 확인"
    SAME = "same", "이미 쓴 사진"


class Decision(models.TextChoices):
    """What an editor decided about a picture."""

    NONE = "", "정하지 않음"
    KEEP = "keep", "다른 사진이다"
    DROP = "drop", "빼고 만든다"


class UniquePicture(models.Model):
    """A picture of a unique pack beside the used one that is nearest to it. Distances are numbers of differing bits of 64."""

    pack = models.ForeignKey(UniquePack, models.CASCADE, related_name="pictures", verbose_name="유니크 팩")
    order = models.PositiveSmallIntegerField("순서")
    sha256 = models.CharField("원본 SHA-256", max_length=64)
    storage_name = models.CharField("저장 이름", max_length=200)
    label = models.CharField("이미지", max_length=200)
    verdict = models.CharField("판정", max_length=4, choices=Verdict)
    nearest = models.ForeignKey(AssetUse, models.SET_NULL, null=True, related_name="+", verbose_name="가장 가까운 사진")
    dhash_distance = models.PositiveSmallIntegerField("dHash 거리", null=True)
    whash_distance = models.PositiveSmallIntegerField("wHash 거리", null=True)
    is_mirrored = models.BooleanField("좌우 반전", default=False)
    decision = models.CharField("결정", max_length=4, choices=Decision, blank=True, default="")
    note = models.CharField("이유", max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="정한 사람"
    )
    decided_at = models.DateTimeField("정한 시각", null=True, blank=True)

    class Meta:
        verbose_name = "유니크 팩의 이미지"
        verbose_name_plural = "유니크 팩의 이미지"
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["pack", "sha256"], name="unique_picture_once"),
            models.CheckConstraint(
                condition=~Q(verdict="same") | ~Q(decision="keep"), name="unique_picture_same_is_never_kept"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_open(self) -> bool:
        """Whether it still keeps the pack from being built."""
        return self.verdict != Verdict.NEW and not self.decision
