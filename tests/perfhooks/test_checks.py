"""System checks: what is wrong is named with its id."""

from pathlib import Path

import pytest

from perfhooks import checks
from perfhooks.registry import Metric


def test_the_checkout_passes_its_own_checks() -> None:
    assert [*checks.check_source_root(), *checks.check_labels(), *checks.check_budgets()] == []


def test_a_module_in_the_source_root_is_an_error(tmp_path: Path) -> None:
    root = tmp_path / "platform"
    root.mkdir()
    (root / "__init__.py").touch()

    (found,) = checks.find_modules(root)
    assert found.id == "perfhooks.E001"
    assert "platform/__init__.py" in found.msg


def test_an_installed_copy_may_lie_beside_any_module(tmp_path: Path) -> None:
    (tmp_path / "six.py").touch()
    assert checks.find_modules(tmp_path) == []


def test_a_metric_with_a_forbidden_label_is_an_error() -> None:
    metric = Metric("probe_seconds", "histogram", "seconds", ("sku", "stage"), "ops", "x")

    (found,) = checks.find_forbidden_labels([metric])
    assert found.id == "perfhooks.E002"
    assert "sku" in found.msg
    assert "stage" not in found.msg


def test_a_broken_budgets_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "budgets.toml"
    broken.write_text("[[budget]]\nid = 'x'\n")
    monkeypatch.setattr(checks, "BUDGETS_FILE", broken)

    (found,) = checks.check_budgets()
    assert found.id == "perfhooks.E003"
    assert "budget 'x'" in found.msg
