"""Whatever the OpenAPI document allows, and much that it does not: no failure, and only answers that it describes."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from operations.apitokens.services import create_token
from products.catalog.models import Product
from tests.operations.roles.people import make_person
from tests.products.catalog.rows import make_product
from tests.products.catalog.test_api import SCHEMA_FILE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
EXAMPLES_EACH = 25
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


schema = schemathesis.openapi.from_path(SCHEMA_FILE)


@pytest.fixture
def token() -> str:
    """Opens everything, where there are three products."""
    for number in (1, 2, 3):
        make_product(number)
    scopes = ("products:read", "products:priority", "products:write")
    return create_token(user=make_person("fuzzing", "admin"), name="fuzz", scopes=scopes).text


def aim(case: Any) -> None:
    """Let half of the requests ask for a product that is there, in its version, and all for a store that is."""
    number, body = case.path_parameters.get("product_id", ""), case.body if isinstance(case.body, dict) else {}
    if len(str(number)) % 2:
        case.path_parameters["product_id"], version = Product.objects.values_list("pk", "version")[0]
        if isinstance(body.get("version"), int):
            body["version"] = version
    if body.get("store"):
        body["store"] = "hanbit"


@schema.parametrize()
@settings(max_examples=EXAMPLES_EACH, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_described(case: Any, token: str, live_server: Any) -> None:
    aim(case)
    case.call_and_validate(base_url=live_server.url, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
