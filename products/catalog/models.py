"""The catalogue's tables. Money is a whole number of won; times are aware and stored in UTC."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

PRICE_LIMIT_WON = 999_999_990
"""The store's own upper limit of a sale price (Commerce API, product search)."""
STOCK_LIMIT = 99_999_999
SORTED_BY = ("name", "sku", "discounted_price", "stock")
"""The columns by which lists are sorted; each has an index that ends in the key, and is read in either direction."""


class ProductStatus(models.TextChoices):
    """The store's states of a product, by its own words."""

    WAIT = "WAIT", "판매 대기"
    SALE = "SALE", "판매 중"
    OUTOFSTOCK = "OUTOFSTOCK", "품절"
    UNADMISSION = "UNADMISSION", "승인 대기"
    REJECTION = "REJECTION", "승인 거부"
    SUSPENSION = "SUSPENSION", "판매 중지"
    CLOSE = "CLOSE", "판매 종료"
    PROHIBITION = "PROHIBITION", "판매 금지"
    DELETE = "DELETE", "삭제"


class Store(models.Model):
    """A shop that products come from. Its credentials stay in the environment, never here."""

    code = models.SlugField("코드", max_length=40, unique=True)
    name = models.CharField("이름", max_length=80)
    created_at = models.DateTimeField("등록", auto_now_add=True)
    writes = models.BigIntegerField(
        "원장 기록 횟수", default=0, editable=False, help_text="상품을 쓴 트랜잭션마다 1씩 늘어납니다"
    )

    rewordings = models.BigIntegerField(
        "찾는 말 변경 횟수",
        default=0,
        editable=False,
        help_text="상품이 늘거나 줄거나, 보류가 바뀌거나, 다시 입고되거나, 찾는 말·카테고리·상태가 바뀐 기록마다 1씩 늘어납니다",
    )

    class Meta:
        verbose_name = "스토어"
        verbose_name_plural = "스토어"

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A leaf category of the store, with its whole path."""

    source_id = models.CharField("카테고리 번호", max_length=20, unique=True)
    name = models.CharField("이름", max_length=120, db_index=True)
    path = models.CharField("전체 경로", max_length=400)

    class Meta:
        verbose_name = "카테고리"
        verbose_name_plural = "카테고리"

    def __str__(self) -> str:
        return self.name


class CatalogueRevision(models.Model):
    """One number for one state of the catalogue: every change that a sync run or a request wrote carries it."""

    number = models.BigIntegerField("리비전", primary_key=True)
    store = models.ForeignKey(Store, models.PROTECT, verbose_name="스토어")
    author = models.CharField("누가", max_length=255, blank=True, default="", help_text="비어 있으면 스토어 동기화")
    trace_id = models.CharField("추적 ID", max_length=64)
    created_at = models.DateTimeField("생성", auto_now_add=True)

    class Meta:
        verbose_name = "카탈로그 리비전"
        verbose_name_plural = "카탈로그 리비전"


class Product(models.Model):
    """One product of one store. The key is the store's own (origin) product number; editors own priority and hold."""

    store = models.ForeignKey(Store, models.PROTECT, verbose_name="스토어", db_index=False)
    origin_product_no = models.BigIntegerField("원상품 번호")
    channel_product_nos = models.JSONField("채널 상품 번호", default=list, blank=True)
    sku = models.CharField("SKU", max_length=40, help_text="판매자 코드. 스토어 안에서 겹치면 원상품 번호")
    seller_code = models.CharField("판매자 상품 코드", max_length=40, blank=True)
    barcode = models.CharField("바코드", max_length=40, blank=True)
    name = models.CharField("상품명", max_length=300)
    brand = models.CharField("브랜드", max_length=120, blank=True)
    manufacturer = models.CharField("제조사", max_length=120, blank=True)
    model_name = models.CharField("모델명", max_length=120, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, verbose_name="카테고리", db_index=False)
    status = models.CharField("상태", max_length=12, choices=ProductStatus)
    price = models.IntegerField("판매가", help_text="원")
    discounted_price = models.IntegerField("할인가", help_text="원")
    discount_starts_at = models.DateTimeField("할인 시작", null=True, blank=True)
    discount_ends_at = models.DateTimeField("할인 끝", null=True, blank=True)
    benefits = models.JSONField("혜택", default=dict, blank=True)
    stock = models.IntegerField("재고")
    image_url = models.URLField("대표 이미지", max_length=500, blank=True)
    description = models.TextField("설명", blank=True)
    attributes = models.JSONField("속성", default=dict, blank=True)
    summary_hash = models.CharField("목록 지문", max_length=32)
    content_hash = models.CharField("내용 지문", max_length=32)
    revision = models.BigIntegerField("리비전")
    source_modified_at = models.DateTimeField("스토어 수정 시각")
    updated_at = models.DateTimeField("원장 기록 시각")
    priority = models.IntegerField("우선순위", default=0, validators=[MinValueValidator(0)], help_text="클수록 먼저")
    hold = models.BooleanField(
        "보류", default=False, db_default=False, help_text="보류한 상품은 글에 새로 고르지 않습니다"
    )
    version = models.IntegerField("편집 버전", default=0, help_text="편집할 때마다 1씩 늘어 동시 수정을 막습니다")

    class Meta:
        verbose_name = "상품"
        verbose_name_plural = "상품"
        permissions = [("export_product", "상품 내보내기")]
        constraints = [
            models.UniqueConstraint(fields=["store", "origin_product_no"], name="product_store_origin_key"),
            models.UniqueConstraint(
                fields=["sku", "store"], condition=~Q(status=ProductStatus.DELETE), name="product_sku_once_per_store"
            ),
            models.CheckConstraint(condition=Q(price__gt=0, price__lte=PRICE_LIMIT_WON), name="product_price_in_range"),
            models.CheckConstraint(
                condition=Q(discounted_price__gt=0, discounted_price__lte=F("price")),
                name="product_discount_not_above_price",
            ),
            models.CheckConstraint(condition=Q(stock__gte=0, stock__lte=STOCK_LIMIT), name="product_stock_in_range"),
            models.CheckConstraint(condition=~Q(name=""), name="product_has_name"),
            models.CheckConstraint(condition=Q(priority__gte=0), name="product_priority_not_negative"),
        ]
        # What of these and of the references each database keeps in another form is in migrations 0012 and 0015 (ADR 9).
        indexes = [
            models.Index(fields=["priority", "id"], name="product_by_priority"),
            models.Index(fields=["category", "priority", "id"], name="product_of_category"),
            models.Index(fields=["status", "priority", "id"], name="product_of_status"),
            models.Index(fields=["updated_at", "id"], name="product_by_change"),
            models.Index(fields=["seller_code"], name="product_seller_code"),
            models.Index(fields=["priority", "id"], condition=Q(hold=True), name="product_held"),
            *(models.Index(fields=[name, "id"], name=f"product_by_{name}") for name in SORTED_BY),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"


class ProductSearch(models.Model):
    """What finds a product by words, in a narrow row of its own, so that the wide one is written without a word index.

    `indexing.index_products` keeps it, in the transaction that writes the product. The index over it is each database's
    own (`wordindex`), made by a migration.
    """

    product = models.OneToOneField(
        Product, models.CASCADE, primary_key=True, related_name="search", db_constraint=False
    )
    text = models.TextField(help_text="wordindex.make_text: 상품명, 브랜드, 모델명")
    store_id = models.BigIntegerField()
    category_id = models.BigIntegerField()
    status = models.CharField(max_length=12)

    class Meta:
        verbose_name = "상품 검색"
        verbose_name_plural = "상품 검색"


class PriceObservation(models.Model):
    """What a product cost and gave from this moment on; written only when the price or a benefit moved."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="observations", verbose_name="상품")
    revision = models.BigIntegerField("리비전")
    observed_at = models.DateTimeField("확인 시각")
    price = models.IntegerField("판매가")
    discounted_price = models.IntegerField("할인가")
    benefits = models.JSONField("혜택", default=dict)
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "가격 이력"
        verbose_name_plural = "가격 이력"
        constraints = [
            models.UniqueConstraint(fields=["product", "revision"], name="observation_once_per_revision"),
            models.CheckConstraint(condition=Q(price__gt=0), name="observation_price_positive"),
        ]
        indexes = [models.Index(fields=["-observed_at", "-id"], name="observation_newest")]


class StoreChange(models.Model):
    """What the store changed of a product besides its price at a revision: its state, name, brand or model."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="store_changes", verbose_name="상품")
    revision = models.BigIntegerField("리비전")
    changed_at = models.DateTimeField("원장 기록 시각")
    moves = models.JSONField("바뀐 것", help_text="[필드, 전, 후]의 목록")
    trace_id = models.CharField("추적 ID", max_length=64)

    class Meta:
        verbose_name = "스토어가 바꾼 것"
        verbose_name_plural = "스토어가 바꾼 것"


class Placement(models.Model):
    """This post shows this product as it was at this revision. Written by content; posts are known here by id only."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="placements", verbose_name="상품")
    content_id = models.BigIntegerField("글", db_index=True)
    revision_shown = models.BigIntegerField("표시한 리비전")
    is_live = models.BooleanField("게시 중", default=True)

    class Meta:
        verbose_name = "노출 위치"
        verbose_name_plural = "노출 위치"
        constraints = [models.UniqueConstraint(fields=["product", "content_id"], name="placement_once")]
        indexes = [models.Index(fields=["product", "id"], condition=Q(is_live=True), name="placement_live")]


class CatalogueScan(models.Model):
    """One reading of a store's whole list. A complete one confirms the price of every product that it contained."""

    store = models.ForeignKey(Store, models.PROTECT, verbose_name="스토어")
    scanned_at = models.DateTimeField("확인 시각")
    listed = models.IntegerField("목록의 상품 수", default=0)
    is_complete = models.BooleanField("전체 확인", default=False)

    class Meta:
        verbose_name = "목록 확인"
        verbose_name_plural = "목록 확인"
        indexes = [models.Index(fields=["store", "is_complete", "-scanned_at"], name="scan_newest_complete")]


class ScanException(models.Model):
    """A known product whose price a complete scan did not confirm, and why."""

    scan = models.ForeignKey(CatalogueScan, models.CASCADE, related_name="exceptions", verbose_name="목록 확인")
    product = models.ForeignKey(Product, models.CASCADE, related_name="scan_exceptions", verbose_name="상품")
    reason = models.CharField("이유", max_length=20, choices=[("missing", "목록에 없음"), ("refused", "상세 거부")])

    class Meta:
        verbose_name = "확인 예외"
        verbose_name_plural = "확인 예외"
        constraints = [models.UniqueConstraint(fields=["scan", "product"], name="scan_exception_once")]


class CatalogueFinding(models.Model):
    """Something in the store's data that a person should mend, such as a seller's code used twice."""

    store = models.ForeignKey(Store, models.CASCADE, verbose_name="스토어")
    kind = models.CharField("종류", max_length=30, choices=[("duplicate_code", "판매자 코드 중복")])
    key = models.CharField("대상", max_length=80)
    detail = models.JSONField("내용", default=dict)
    found_at = models.DateTimeField("발견", auto_now_add=True)

    class Meta:
        verbose_name = "점검 사항"
        verbose_name_plural = "점검 사항"
        constraints = [models.UniqueConstraint(fields=["store", "kind", "key"], name="finding_once")]


class ChangeKind(models.TextChoices):
    """What a batch does to its products."""

    SET = "set", "우선순위 정하기"
    RAISE = "raise", "우선순위 올리기"
    LOWER = "lower", "우선순위 내리기"
    HOLD = "hold", "보류"
    RELEASE = "release", "보류 해제"
    IMPORT = "import", "파일 가져오기"


class BatchState(models.TextChoices):
    """Where a batch stands. A draft has changed nothing yet; a long batch is being worked on for a while."""

    DRAFT = "draft", "확인 전"
    APPLYING = "applying", "적용 중"
    APPLIED = "applied", "적용됨"
    UNDOING = "undoing", "되돌리는 중"
    UNDONE = "undone", "되돌림"


class ChangeBatch(models.Model):
    """Many edits at once, by one person for one reason. What each product was and became stands in its items.

    counts: products {"chosen", "changing", "unchanged", "changed", "refused", "restored", "kept"}, and a file's "bad_rows".
    errors: rows of a file that were left out, each {"row", "column", "message"}.
    """

    kind = models.CharField("하는 일", max_length=8, choices=ChangeKind)
    state = models.CharField("상태", max_length=8, choices=BatchState, default=BatchState.DRAFT)
    amount = models.IntegerField("값", null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="작업자"
    )
    reason = models.CharField("이유", max_length=200, blank=True)
    source = models.CharField("대상", max_length=300, blank=True, help_text="고른 방법이나 파일 이름")
    counts = models.JSONField("결과", default=dict, blank=True)
    errors = models.JSONField("제외된 행", default=list, blank=True)
    trace_id = models.CharField("추적 ID", max_length=64)
    created_at = models.DateTimeField("생성 시각", auto_now_add=True)
    applied_at = models.DateTimeField("적용 시각", null=True, blank=True)
    undone_at = models.DateTimeField("되돌린 시각", null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="되돌린 사람"
    )
    undo_trace_id = models.CharField("되돌린 추적 ID", max_length=64, blank=True)
    worked_at = models.DateTimeField("마지막 진행", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "일괄 변경"
        verbose_name_plural = "일괄 변경"

    def __str__(self) -> str:
        return f"일괄 변경 {self.pk}"


class ItemState(models.TextChoices):
    """What became of one change."""

    DRAFT = "draft", "바뀔 예정"
    APPLIED = "applied", "바꿈"
    REFUSED = "refused", "다른 사람이 먼저 고침"
    RESTORED = "restored", "되돌림"
    KEPT = "kept", "이후 수정되어 유지"


class ChangeBatchItem(models.Model):
    """One field of one product in a batch. Values are whole numbers; a hold is 1, none 0.

    version_seen: the product's version on which the change rests; version_after: the one that it left behind.
    """

    batch = models.ForeignKey(
        ChangeBatch, models.CASCADE, related_name="items", db_index=False, verbose_name="일괄 변경"
    )
    product = models.ForeignKey(Product, models.CASCADE, related_name="changes", verbose_name="상품")
    field = models.CharField("항목", max_length=8, choices=[("priority", "우선순위"), ("hold", "보류")])
    before = models.IntegerField("이전 값")
    after = models.IntegerField("새 값")
    version_seen = models.IntegerField("본 편집 버전")
    version_after = models.IntegerField("바꾼 뒤 편집 버전", null=True, blank=True)
    state = models.CharField("상태", max_length=8, choices=ItemState, default=ItemState.DRAFT)
    reason = models.CharField("이유", max_length=200, blank=True)

    class Meta:
        verbose_name = "일괄 변경 항목"
        verbose_name_plural = "일괄 변경 항목"
        constraints = [models.UniqueConstraint(fields=["batch", "product", "field"], name="batch_item_once")]
