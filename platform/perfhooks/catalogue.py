"""Every metric of the performance plan under its exact name, each with its plan item.

One rule turns the plan's names into measurements; all durations are measured in seconds, and only there:

* `*_seconds`, `*_bytes`: a histogram, observed as it is. Budgets name the statistic that they judge.
* `*_total`: a counter. Ratios, rates, deltas, depths and counts: a gauge with the newest value; ratios run 0 to 1.
* `*_p95_ms` and `*_ms`: derived. `X_p95_ms` and `X_ms` are the p95 of the histogram `X_seconds`, times 1000.
* `*_hours`: derived. `X_hours` is the p95 of the histogram `X_seconds`, divided by 3600.
* `*_qps`: derived. `X_qps` is the number of samples of `X_seconds` per second of the run.

A span is opened under the `_seconds` name; reports, CSV and budgets show the plan's name. Metrics of `ops` belong to
running the product and to no plan item. Labels are bounded by design: at most 200 combinations for any metric.
"""

from perfhooks.registry import OPERATIONS_ITEM, register

TASK_BUCKETS_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1e3)
CALL_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1.0, 2.5, 5.0, 10.0, 30.0)
FAST_BUCKETS_SECONDS = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0)
AGE_BUCKETS_SECONDS = tuple(hours * 3_600.0 for hours in (0.25, 0.5, 1, 2, 3, 6, 12, 18, 24, 36, 48, 72, 168, 720))
SIZE_BUCKETS_BYTES = (1e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7, 5e7, 1e8)

MILLISECONDS_PER_SECOND = 1_000.0
HOURS_PER_SECOND = 1 / 3_600

Labels = tuple[str, ...]
Buckets = tuple[float, ...]


def _seconds(
    name: str, plan_item: str, help: str, buckets: Buckets = CALL_BUCKETS_SECONDS, labels: Labels = ()
) -> None:
    register(name, "histogram", unit="seconds", plan_item=plan_item, help=help, buckets=buckets, labels=labels)


def _total(name: str, plan_item: str, help: str, labels: Labels = ()) -> None:
    register(name, "counter", unit="count", plan_item=plan_item, help=help, labels=labels)


def _gauge(name: str, plan_item: str, unit: str, help: str, labels: Labels = ()) -> None:
    register(name, "gauge", unit=unit, plan_item=plan_item, help=help, labels=labels)


def _milliseconds(
    name: str, plan_item: str, help: str, buckets: Buckets = CALL_BUCKETS_SECONDS, labels: Labels = ()
) -> None:
    source = name.removesuffix("_ms").removesuffix("_p95") + "_seconds"
    _seconds(source, plan_item, help, buckets, labels)
    _p95(name, "ms", plan_item, f"{help} (p95)", source, MILLISECONDS_PER_SECOND)


def _hours(name: str, plan_item: str, help: str) -> None:
    source = name.removesuffix("_hours") + "_seconds"
    _seconds(source, plan_item, help, AGE_BUCKETS_SECONDS)
    _p95(name, "hours", plan_item, f"{help} (p95)", source, HOURS_PER_SECOND)


def _p95(name: str, unit: str, plan_item: str, help: str, source: str, scale: float) -> None:
    register(name, "derived", unit=unit, plan_item=plan_item, help=help, source=source, statistic="p95", scale=scale)


def _register_sync() -> None:
    _seconds("sync_total_seconds", "2A", "스토어 동기화 전체 시간", TASK_BUCKETS_SECONDS)
    _seconds("token_fetch_seconds", "2A", "인증 토큰 발급 시간")
    _seconds("list_fetch_seconds", "2A", "상품 목록 조회 시간")
    _seconds("detail_fetch_seconds", "2A", "상품 상세 조회 시간")
    _total("api_requests_total", "2A", "스토어 API 요청 수", ("endpoint", "status"))
    _total("api_429_total", "2A", "요청 한도 초과(429) 응답 수")
    _total("retry_total", "2A", "스토어 API 재시도 수")
    _gauge("changed_sku_ratio", "2A", "ratio", "변경된 SKU 비율")
    _total("refresh_queue_enqueue_total", "2A", "리프레시 큐에 넣은 수")
    register(
        "api_429_ratio",
        "derived",
        unit="ratio",
        plan_item="2A",
        help="요청 한도 초과(429) 응답 비율",
        source="api_429_total",
        per="api_requests_total",
        statistic="share",
    )


def _register_upsert() -> None:
    _total("db_upsert_rows_total", "2B", "upsert로 기록한 행 수")
    _seconds("db_upsert_seconds", "2B", "upsert 한 배치의 시간", TASK_BUCKETS_SECONDS)
    _seconds("db_txn_seconds", "2B", "트랜잭션 시간", TASK_BUCKETS_SECONDS)
    _seconds("db_lock_wait_seconds", "2B", "잠금 대기 시간")
    _total("db_conflict_total", "2B", "쓰기 충돌 수")
    _total("no_change_skip_total", "2B", "변경이 없어 건너뛴 수")


def _register_packages() -> None:
    _seconds("package_build_seconds", "2C", "패키지 생성 시간", CALL_BUCKETS_SECONDS, ("video",))
    _seconds("post_render_seconds", "2C", "글 HTML 렌더링 시간")
    _seconds("image_fetch_seconds", "2C", "이미지 내려받기 시간")
    _seconds("image_hash_seconds", "2C", "이미지 해시 시간", FAST_BUCKETS_SECONDS)
    _seconds("image_copy_seconds", "2C", "이미지 복사 시간", FAST_BUCKETS_SECONDS)
    _seconds("keyframe_extract_seconds", "2C", "키프레임 추출 시간")
    _seconds("zip_seconds", "2C", "압축 시간")
    register(
        "package_size_bytes", "histogram", unit="bytes", plan_item="2C", help="패키지 크기", buckets=SIZE_BUCKETS_BYTES
    )


def _register_revenue() -> None:
    _milliseconds("admin_product_list_p95_ms", "6.1", "관리자 상품 목록 응답 시간")
    _milliseconds("admin_priority_update_p95_ms", "6.1", "관리자 우선순위 변경 시간")
    _seconds("product_search_seconds", "6.1", "상품 검색 시간")
    register(
        "product_search_qps",
        "derived",
        unit="per_second",
        plan_item="6.1",
        help="초당 상품 검색 수",
        source="product_search_seconds",
        statistic="rate",
    )
    _milliseconds("match_engine_latency_p95_ms", "6.2", "콘텐츠-상품 매칭 시간", FAST_BUCKETS_SECONDS)
    _total("match_decisions_total", "6.2", "매칭 결정 수", ("outcome",))
    _gauge("fallback_ratio", "6.2", "ratio", "매칭 fallback 비율")
    _gauge("intent_distribution_drift", "6.2", "ratio", "의도 분포 변화량")
    _milliseconds("disclaimer_injection_ms", "6.3", "고지문 삽입 시간", FAST_BUCKETS_SECONDS)
    _hours("price_staleness_hours", "6.3", "가격 확인 후 지난 시간")
    _total("price_fixed_literal_detected_total", "6.3", "본문에 고정된 가격 문구 발견 수")
    _milliseconds("template_render_p95_ms", "6.4", "CRO 템플릿 렌더링 시간", FAST_BUCKETS_SECONDS, ("template",))
    _milliseconds("ab_assignment_p95_ms", "6.4", "실험군 배정 시간", FAST_BUCKETS_SECONDS)
    _gauge("experiment_event_loss_ratio", "6.4", "ratio", "실험 이벤트 유실률")
    _gauge("experiment_traffic_ratio", "6.5", "ratio", "실험 대상 트래픽 비중")
    _gauge("price_stale_ratio", "6.5", "ratio", "가격 확인이 오래된 판매 상품 비율")
    _gauge("stale_price_content_ratio", "6.5", "ratio", "가격 확인이 오래된 콘텐츠 비율")


def _register_growth() -> None:
    _milliseconds("cluster_plan_latency_p95_ms", "7.1", "클러스터 계획 시간")
    _milliseconds("internal_link_insert_latency_ms", "7.1", "내부 링크 삽입 시간", FAST_BUCKETS_SECONDS)
    _gauge("avg_pages_per_session", "7.1", "pages", "세션당 평균 페이지 수")
    _milliseconds("refresh_score_compute_ms", "7.2", "리프레시 점수 계산 시간")
    _gauge("refresh_queue_depth", "7.2", "count", "리프레시 큐 대기 수")
    _hours("time_to_refresh_publish_hours", "7.2", "큐 진입부터 재발행까지 걸린 시간")
    _milliseconds("subscription_optin_latency_ms", "7.3", "구독 동의 처리 시간")
    _milliseconds("message_trigger_delay_ms", "7.3", "트리거부터 발송까지 지연", TASK_BUCKETS_SECONDS)
    _gauge("retention_conversion_rate", "7.3", "ratio", "리텐션 전환율")
    _milliseconds("comparison_table_render_p95_ms", "7.4", "비교표 렌더링 시간", FAST_BUCKETS_SECONDS)
    _hours("table_staleness_hours", "7.4", "비교표 기준 시점이 지난 시간")
    _milliseconds("table_update_propagation_ms", "7.4", "상품 변경이 비교표에 반영되기까지 시간", TASK_BUCKETS_SECONDS)
    _milliseconds("ugc_ingest_latency_ms", "7.5", "UGC 접수 시간")
    _hours("ugc_review_turnaround_hours", "7.5", "UGC 검수 소요 시간")
    _gauge("ugc_rights_validation_fail_ratio", "7.5", "ratio", "UGC 권리 검증 실패율")


def _register_advertising() -> None:
    by_variant = ("experiment", "variant")
    _milliseconds("ad_lint_latency_p95_ms", "8.1", "광고 배치 검사 시간", FAST_BUCKETS_SECONDS)
    _gauge("policy_violation_detect_rate", "8.1", "ratio", "광고 정책 위반 검출률")
    _gauge("false_positive_rate", "8.1", "ratio", "광고 검사 오탐률")
    _milliseconds("visual_guard_latency_ms", "8.2", "우발 클릭 시각 검사 시간")
    _gauge("unsafe_ad_proximity_count", "8.2", "count", "우발 클릭 위험 광고 수")
    _gauge("pre_release_block_ratio", "8.2", "ratio", "릴리즈 전 차단 비율")
    _gauge("rpm_by_variant", "8.3", "won", "실험군별 RPM", by_variant)
    _gauge("bounce_rate_delta", "8.3", "ratio", "이탈률 변화", by_variant)
    _gauge("session_duration_delta", "8.3", "seconds", "세션 길이 변화", by_variant)
    _milliseconds("ads_txt_deploy_latency_ms", "8.4", "ads.txt 배포 시간")
    _gauge("ads_txt_validation_pass_rate", "8.4", "ratio", "ads.txt 검증 통과율")
    _total("ads_txt_drift_detected_total", "8.4", "ads.txt 불일치 발견 수")


def _register_operations() -> None:
    item = OPERATIONS_ITEM
    _seconds("http_request_seconds", item, "HTTP 요청 시간", CALL_BUCKETS_SECONDS, ("view", "method", "status_class"))
    _seconds("task_seconds", item, "작업 시간", TASK_BUCKETS_SECONDS, ("task",))
    # What of api_429_total pacing could have avoided (own), and what came with the bucket not empty (imposed).
    _total("api_429_cause_total", item, "까닭별 요청 한도 초과(429) 응답 수", ("cause",))
    _seconds("pipeline_run_seconds", item, "파이프라인 전체 시간", TASK_BUCKETS_SECONDS)
    _seconds("pipeline_stage_seconds", item, "파이프라인 단계 시간", TASK_BUCKETS_SECONDS, ("stage",))


_register_sync()
_register_upsert()
_register_packages()
_register_revenue()
_register_growth()
_register_advertising()
_register_operations()
