"""The registry refuses what would hurt later, and knows every name of the plan."""

import pytest

from perfhooks import catalogue as catalogue
from perfhooks.registry import FORBIDDEN_LABELS, RegistryError, all_metrics, get_metric, register

PLAN = {
    "2A": "sync_total_seconds token_fetch_seconds list_fetch_seconds detail_fetch_seconds api_requests_total "
    "api_429_total retry_total changed_sku_ratio refresh_queue_enqueue_total",
    "2B": "db_upsert_rows_total db_upsert_seconds db_txn_seconds db_lock_wait_seconds db_conflict_total "
    "no_change_skip_total",
    "2C": "package_build_seconds image_hash_seconds image_copy_seconds keyframe_extract_seconds zip_seconds "
    "package_size_bytes",
    "6.1": "admin_product_list_p95_ms admin_priority_update_p95_ms product_search_qps",
    "6.2": "match_engine_latency_p95_ms fallback_ratio intent_distribution_drift",
    "6.3": "disclaimer_injection_ms price_staleness_hours price_fixed_literal_detected_total",
    "6.4": "template_render_p95_ms ab_assignment_p95_ms experiment_event_loss_ratio",
    "7.1": "cluster_plan_latency_p95_ms internal_link_insert_latency_ms avg_pages_per_session",
    "7.2": "refresh_score_compute_ms refresh_queue_depth time_to_refresh_publish_hours",
    "7.3": "subscription_optin_latency_ms message_trigger_delay_ms retention_conversion_rate",
    "7.4": "comparison_table_render_p95_ms table_staleness_hours table_update_propagation_ms",
    "7.5": "ugc_ingest_latency_ms ugc_review_turnaround_hours ugc_rights_validation_fail_ratio",
    "8.1": "ad_lint_latency_p95_ms policy_violation_detect_rate false_positive_rate",
    "8.2": "visual_guard_latency_ms unsafe_ad_proximity_count pre_release_block_ratio",
    "8.3": "rpm_by_variant bounce_rate_delta session_duration_delta",
    "8.4": "ads_txt_deploy_latency_ms ads_txt_validation_pass_rate ads_txt_drift_detected_total",
}


@pytest.mark.parametrize(("item", "name"), [(item, name) for item, names in PLAN.items() for name in names.split()])
def test_every_name_of_the_plan_is_registered_under_its_item(item: str, name: str) -> None:
    assert get_metric(name).plan_item == item


def test_the_requests_counter_has_the_plans_labels() -> None:
    assert get_metric("api_requests_total").labels == ("endpoint", "status")


def test_every_metric_says_what_it_is_and_has_bounded_labels() -> None:
    for metric in all_metrics().values():
        assert metric.help, metric.name
        assert metric.unit, metric.name
        assert not FORBIDDEN_LABELS & set(metric.labels), metric.name


def test_names_with_a_unit_are_derived_from_seconds_by_one_rule() -> None:
    for metric in all_metrics().values():
        if metric.name.endswith(("_ms", "_hours")):
            assert (metric.kind, metric.statistic) == ("derived", "p95"), metric.name
            assert metric.scale == (1_000 if metric.unit == "ms" else 1 / 3_600)
            assert get_metric(metric.source).is_duration


@pytest.mark.usefixtures("scratch_registry")
def test_the_same_name_twice_is_refused() -> None:
    with pytest.raises(RegistryError, match="'zip_seconds' is already registered"):
        register("zip_seconds", "histogram", unit="seconds", plan_item="2C", help="again")


@pytest.mark.usefixtures("scratch_registry")
@pytest.mark.parametrize("label", sorted(FORBIDDEN_LABELS))
def test_a_label_without_bound_is_refused(label: str) -> None:
    with pytest.raises(RegistryError, match=f"'probe_seconds'.*{label}.*log fields"):
        register("probe_seconds", "histogram", unit="seconds", plan_item="ops", help="x", labels=(label,))
    assert "probe_seconds" not in all_metrics()


@pytest.mark.usefixtures("scratch_registry")
@pytest.mark.parametrize(
    ("name", "kind", "fields", "message"),
    [
        ("Probe", "gauge", {}, "lower-case"),
        ("probe_total", "gauge", {}, "ends in _total"),
        ("probe_number", "counter", {}, "ends in _total"),
        ("probe_p95_ms", "derived", {}, "names its statistic"),
        ("probe_p95_ms", "derived", {"source": "retry_total", "statistic": "p95"}, "needs a histogram"),
        ("probe_p95_ms", "derived", {"source": "nothing_seconds", "statistic": "p95"}, "not registered"),
        ("probe_ratio", "derived", {"source": "retry_total", "per": "zip_seconds", "statistic": "share"}, "a counter"),
        ("probe", "gauge", {"plan_item": "chapter 3"}, "plan_item"),
        ("probe", "gauge", {"labels": ("Bad Label",)}, "label names"),
    ],
)
def test_a_wrong_declaration_names_the_metric_and_the_fault(
    name: str, kind: str, fields: dict[str, object], message: str
) -> None:
    given = {"unit": "count", "plan_item": "ops", "help": "x", **fields}
    with pytest.raises(RegistryError, match=message):
        register(name, kind, **given)  # type: ignore[arg-type]


def test_asking_for_an_unknown_metric_says_where_to_declare_it() -> None:
    with pytest.raises(RegistryError, match=r"'nothing_seconds'.*perfhooks\.catalogue"):
        get_metric("nothing_seconds")
