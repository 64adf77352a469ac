"""19,406 real products through the pipeline's own command: every stored field is what the store served."""

import os
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from products.catalog.models import Product, Store
from products.storesync.simulator.process import SimulatorProcess
from tests.support.data import find_shared_data
from tests.support.equality import find_differences

PRODUCTS = int(os.environ.get("REAL_PRODUCTS", "5000"))
"""REAL_PRODUCTS=19406 are all of them, and say the same."""


@pytest.mark.promise
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_field_of_every_real_product_arrives(
    free_port: int, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.REPORT_DIR = tmp_path
    catalogue = find_shared_data("chorus_icecat/products.jsonl.gz")
    call_command("pipeline", catalogue=str(catalogue), products=PRODUCTS, port=free_port, workers=8, json=True)
    assert f'"products_written": {PRODUCTS}' in capsys.readouterr().out
    assert Product.objects.count() == PRODUCTS
    with SimulatorProcess(catalogue, products=PRODUCTS, port=free_port) as simulator:
        differences = find_differences(simulator.catalogue(), store_id=Store.objects.get(code="products").pk)
    assert differences == []
