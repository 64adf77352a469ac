"""Every name that the code measures under is registered, with its kind and its labels, before any of that code runs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import perfhooks.catalogue  # noqa: F401 - registers the names
from perfhooks.registry import FORBIDDEN_LABELS, RegistryError, get_metric
from tests.house.test_layout import ROOT

MEASURES = {"span": "histogram", "count": "counter", "observe": "histogram", "set_gauge": "gauge"}
MODULES = {"perfhooks.spans", "perfhooks.metrics"}
PACKAGES = ("platform", "products", "content", "experiments", "ads", "operations", "scripts")


@dataclass(frozen=True)
class Use:
    """One call that measures: where, by which function, under which name, with which labels or tags."""

    place: str
    function: str
    name: str
    labels: frozenset[str]
    is_whole: bool


def list_uses(source: str, place: str) -> Iterator[Use]:
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
        if alias.name in MEASURES
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                labels = frozenset(word.arg for word in node.keywords if word.arg)
                is_whole = all(word.arg for word in node.keywords)
                yield Use(f"{place}:{node.lineno}", imported[node.func.id], first.value, labels, is_whole)


def find_fault(use: Use) -> str:
    """What is wrong with the use; "" for nothing."""
    try:
        metric = get_metric(use.name)
    except RegistryError as error:
        return f"{use.place}: {error}"
    if metric.kind != MEASURES[use.function]:
        return f"{use.place}: {use.name} is a {metric.kind}, {use.function} measures a {MEASURES[use.function]}"
    given = use.labels - {"amount", "value"}
    if use.function == "span":
        return "" if metric.is_duration else f"{use.place}: {use.name} is in {metric.unit}, a span needs seconds"
    if given & FORBIDDEN_LABELS:
        return f"{use.place}: {sorted(given & FORBIDDEN_LABELS)} are log fields, never labels"
    if use.is_whole and given != set(metric.labels):
        return f"{use.place}: {use.name} has the labels {metric.labels}, got {sorted(given)}"
    return ""


def list_all_uses() -> list[Use]:
    paths = [path for folder in PACKAGES for path in sorted((ROOT / folder).rglob("*.py"))]
    return [use for path in paths for use in list_uses(path.read_text("utf-8"), str(path.relative_to(ROOT)))]


def test_every_name_and_label_is_registered() -> None:
    uses = list_all_uses()
    assert len({use.name for use in uses}) > 20, "the search finds nothing any more"
    assert [fault for fault in map(find_fault, uses) if fault] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('with span("no_such_seconds"): ...', "not registered"),
        ('count("no_such_total")', "not registered"),
        ('count("sync_total_seconds")', "is a histogram"),
        ('span("package_size_bytes")', "needs seconds"),
        ('count("retry_total", sku="A")', "never labels"),
        ('observe("package_size_bytes", 1, colour="red")', "has the labels"),
    ],
)
def test_a_wrong_use_is_found(line: str, said: str) -> None:
    imports = "from perfhooks.spans import span\nfrom perfhooks.metrics import count, observe\n"
    (use,) = list_uses(imports + line, "planted.py")
    assert said in find_fault(use)
