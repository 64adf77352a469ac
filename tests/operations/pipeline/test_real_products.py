"""19,406 real products through the pipeline's own command: every stored field is what the store served."""

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from products.catalog.models import Product, Store
from products.storesync.simulator.process import SimulatorProcess
from tests.support.data import find_shared_data
from tests.support.equality import find_differences


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_field_of_every_real_product_arrives(
    free_port: int, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.REPORT_DIR = tmp_path
    catalogue = find_shared_data("chorus_icecat/products.jsonl.gz")
    call_command("pipeline", catalogue=str(catalogue), port=free_port, workers=8, json=True)
    assert '"products_written": 19406' in capsys.readouterr().out
    assert Product.objects.count() == 19_406
    with SimulatorProcess(catalogue, port=free_port) as simulator:
        differences = find_differences(simulator.catalogue(), store_id=Store.objects.get(code="products").pk)
    assert differences == []
