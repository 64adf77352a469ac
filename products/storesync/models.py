"""The sync's own tables: runs, the work list of an unfinished run, and products that could not be kept."""

from django.db import models
from django.db.models import Q


class RunStatus(models.TextChoices):
    """How a run stands. A parked run goes on at the next start; a failed one is settled by the next that is done."""

    RUNNING = "running", "진행 중"
    PARKED = "parked", "멈춤(이어서 가능)"
    DONE = "done", "완료"
    FAILED = "failed", "실패"
    SETTLED = "settled", "실패(이후 성공)"


UNFINISHED = (RunStatus.RUNNING, RunStatus.PARKED)


class ItemState(models.TextChoices):
    """How one product of a work list stands."""

    PENDING = "pending", "대기"
    DONE = "done", "완료"
    REFUSED = "refused", "거부"


class Reason(models.TextChoices):
    """Why a run reads the detail of a product."""

    NEW = "new", "새 상품"
    CHANGED = "changed", "목록이 달라짐"
    BOUNDARY = "boundary", "할인·판매 기간의 경계가 지남"
    FAILED = "failed", "지난번에 실패"
    FULL = "full", "전체 읽기"
    OLD = "old", "읽은 지 오래됨"
    MISSING = "missing", "목록에서 빠짐"


class SyncRun(models.Model):
    """One reading of a store into the catalogue, from its list to the last detail. Times are aware."""

    store = models.ForeignKey("catalog.Store", models.PROTECT, verbose_name="스토어")
    api_url = models.CharField("API 주소", max_length=300, blank=True, help_text="비어 있으면 설정의 STORE_API_URL")
    place = models.CharField("읽는 곳의 지문", max_length=32, blank=True)
    status = models.CharField("상태", max_length=10, choices=RunStatus, default=RunStatus.RUNNING, db_index=True)
    trace_id = models.CharField("추적 ID", max_length=64)
    started_at = models.DateTimeField("시작", db_index=True)
    finished_at = models.DateTimeField("끝", null=True, blank=True)
    scan = models.ForeignKey("catalog.CatalogueScan", models.PROTECT, verbose_name="목록 확인")
    is_listed = models.BooleanField("목록 확인 끝", default=False)
    is_consistent = models.BooleanField("목록이 일관됨", default=False)
    rescans = models.IntegerField("목록 다시 읽기", default=0)
    revision = models.BigIntegerField("리비전", null=True, blank=True)
    asked_at_revision = models.BigIntegerField("시작할 때의 리비전", default=0)
    is_incremental = models.BooleanField("바뀐 상품만 읽음", default=True)
    is_cached = models.BooleanField("토큰과 연결을 다시 씀", default=True)
    workers = models.IntegerField("동시 작업 수", default=0)
    listed = models.IntegerField("목록의 상품", default=0)
    planned = models.IntegerField("상세 대상", default=0)
    reasons = models.JSONField("상세를 읽은 까닭", default=dict, help_text="까닭마다 상품 수")
    fetched = models.IntegerField("읽은 상세", default=0)
    created = models.IntegerField("추가", default=0)
    updated = models.IntegerField("변경", default=0)
    skipped = models.IntegerField("변경 없음", default=0)
    stale = models.IntegerField("더 새 기록이 있어 남김", default=0)
    refused = models.IntegerField("거부", default=0)
    deleted = models.IntegerField("삭제", default=0)
    calls = models.IntegerField("API 호출", default=0)
    rate_limited = models.IntegerField("한도 초과(429)", default=0)
    rate_limited_imposed = models.IntegerField("스토어 사정의 429", default=0)
    retries = models.IntegerField("재시도", default=0)
    slowest = models.JSONField("느린 상세", default=list, help_text="[초, SKU, 원상품 번호], 느린 것부터 20개")
    unknown_fields = models.JSONField("읽지 않는 항목", default=dict, help_text="스토어가 보낸 횟수, 이름 100개까지")
    error = models.TextField("오류", blank=True)

    class Meta:
        verbose_name = "동기화 실행"
        verbose_name_plural = "동기화 실행"
        constraints = [
            models.UniqueConstraint(
                fields=["store"], condition=Q(status__in=UNFINISHED), name="sync_run_one_unfinished_per_store"
            ),
        ]

    def __str__(self) -> str:
        return f"동기화 {self.pk}"


class SyncPage(models.Model):
    """One stored page of the list. Kept only while its run is unfinished."""

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="pages", verbose_name="실행")
    number = models.IntegerField("페이지")
    total_elements = models.IntegerField("스토어가 말한 전체 수")
    total_pages = models.IntegerField("스토어가 말한 페이지 수")
    origin_product_nos = models.JSONField("원상품 번호", default=list)
    seller_codes = models.JSONField("판매자 코드", default=list, help_text="원상품 번호와 같은 차례")

    class Meta:
        verbose_name = "동기화 목록 페이지"
        verbose_name_plural = "동기화 목록 페이지"
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="sync_page_once")]


class SyncItem(models.Model):
    """One product whose detail the run has to read. Kept only while its run is unfinished."""

    run = models.ForeignKey(SyncRun, models.CASCADE, related_name="items", verbose_name="실행")
    origin_product_no = models.BigIntegerField("원상품 번호")
    position = models.IntegerField("순서")
    state = models.CharField("상태", max_length=8, choices=ItemState, default=ItemState.PENDING)
    summary = models.JSONField("목록 내용", default=dict)
    reason = models.CharField("까닭", max_length=8, choices=Reason, default=Reason.NEW)
    priority = models.IntegerField("우선순위", default=0)
    is_shown = models.BooleanField("글에 노출 중", default=False)
    is_price_moved = models.BooleanField("가격이 달라짐", default=False)
    is_put_off = models.BooleanField("맨 뒤로 미룸", default=False)

    class Meta:
        verbose_name = "동기화 대상"
        verbose_name_plural = "동기화 대상"
        constraints = [models.UniqueConstraint(fields=["run", "origin_product_no"], name="sync_item_once")]
        indexes = [models.Index(fields=["run", "state", "position"], name="sync_item_next")]


class DetailReading(models.Model):
    """When the detail of a product was last read and kept, and from when on its price may differ without an edit."""

    store = models.ForeignKey("catalog.Store", models.CASCADE, verbose_name="스토어")
    origin_product_no = models.BigIntegerField("원상품 번호")
    read_at = models.DateTimeField("읽은 시각")
    recheck_at = models.DateTimeField("다음 가격 경계", null=True, blank=True)

    class Meta:
        verbose_name = "상세를 읽은 때"
        verbose_name_plural = "상세를 읽은 때"
        constraints = [models.UniqueConstraint(fields=["store", "origin_product_no"], name="detail_reading_once")]
        indexes = [
            models.Index(fields=["store", "read_at"], name="detail_reading_oldest"),
            models.Index(
                fields=["store", "recheck_at"], condition=Q(recheck_at__isnull=False), name="detail_reading_recheck"
            ),
        ]


class CallLane(models.Model):
    """The turns of one application at one API of a store, shared by every process that calls it (PostgreSQL).

    Moments are seconds of the database server's clock since 1970: a lane is changed by its own short transaction.
    """

    key = models.CharField("API", max_length=80, primary_key=True)
    state = models.JSONField("차례", default=dict)

    class Meta:
        verbose_name = "호출 차례"
        verbose_name_plural = "호출 차례"


class SyncFailure(models.Model):
    """A product that could not be kept, why, and what the store sent. Open until a later run keeps the product."""

    store = models.ForeignKey("catalog.Store", models.CASCADE, verbose_name="스토어")
    origin_product_no = models.BigIntegerField("원상품 번호", help_text="목록에서 번호를 읽지 못했으면 0보다 작은 수")
    sku = models.CharField("판매자 코드", max_length=40, blank=True)
    name = models.CharField("상품명", max_length=300, blank=True)
    code = models.CharField("오류 코드", max_length=80)
    field = models.CharField("항목", max_length=120, blank=True)
    message = models.TextField("내용과 조치")
    body = models.TextField("받은 내용", blank=True)
    summary_hash = models.CharField("목록 지문", max_length=32, blank=True)
    server_trace_id = models.CharField("스토어 추적 ID", max_length=120, blank=True)
    trace_id = models.CharField("추적 ID", max_length=64)
    run = models.ForeignKey(SyncRun, models.SET_NULL, null=True, related_name="failures", verbose_name="마지막 실행")
    first_seen_at = models.DateTimeField("처음")
    last_seen_at = models.DateTimeField("마지막", db_index=True)
    attempts = models.IntegerField("시도", default=1)
    is_retry_wanted = models.BooleanField("다시 시도 예정", default=False)
    resolved_at = models.DateTimeField("해결", null=True, blank=True)

    class Meta:
        verbose_name = "실패한 상품"
        verbose_name_plural = "실패한 상품"
        constraints = [
            models.UniqueConstraint(
                fields=["store", "origin_product_no"], condition=Q(resolved_at=None), name="sync_failure_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.origin_product_no}: {self.code}"
