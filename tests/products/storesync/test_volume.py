"""A real catalogue of 19,406 products, stored whole and compared field by field."""

import os
from pathlib import Path

import pytest

from products.catalog.models import Store
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import REPOSITORY_ROOT, SimulatorProcess
from tests.support.equality import find_differences
from tests.support.services import require

SHARED_DATA = Path(os.environ.get("SHARED_DATA", REPOSITORY_ROOT.parent / "shared" / "data"))
CATALOGUE = SHARED_DATA / "chorus_icecat" / "products.jsonl.gz"
PRODUCTS = 19_406


@pytest.mark.slow
@pytest.mark.django_db
def test_every_field_of_every_product_is_as_the_store_served_it() -> None:
    require(
        "the catalogue chorus_icecat", CATALOGUE.is_file(), "set SHARED_DATA to the folder that holds chorus_icecat/"
    )
    with SimulatorProcess(CATALOGUE) as store:
        facts = sync_store(run_id=start_run(store_code="icecat", api_url=store.url))
        served = store.catalogue()
    assert (facts.listed, facts.created, facts.refused, facts.is_complete) == (PRODUCTS, PRODUCTS, 0, True)
    assert len(served) == PRODUCTS
    assert find_differences(served, store_id=Store.objects.get(code="icecat").pk) == []
