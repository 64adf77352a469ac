"""Log lines: one shape for all loggers, and no secret in any of them."""

import io
import json
import logging
import subprocess
import sys

import pytest
import structlog

from perfhooks.logs import configure_logging, redact_text
from perfhooks.spans import span
from perfhooks.trace import bind_tags, bind_trace
from tests.perfhooks.conftest import Lines

SECRETS = {
    "client_secret": "$2a$10$abcdefg",
    "client_secret_sign": "c2lnbmF0dXJl",
    "access_token": "tok-123456",
    "authorization": "Bearer tok-123456",
    "password": "hunter22",
    "Authorization": "Bearer tok-123456",
}


def test_every_line_has_the_trace_and_the_bound_tags(lines: Lines) -> None:
    log = structlog.get_logger("room")
    with bind_trace("trace-0001"), bind_tags(sku="A-1"):
        log.info("price_changed", before=12_900, after=9_900, name="따뜻한 담요")

    (line,) = lines()
    assert line["event"] == "price_changed"
    assert (line["trace_id"], line["sku"], line["content_id"]) == ("trace-0001", "A-1", None)
    assert (line["before"], line["name"]) == (12_900, "따뜻한 담요")
    assert line["time"].endswith("+00:00")


def test_secrets_are_replaced_at_any_depth(lines: Lines) -> None:
    log = structlog.get_logger("room")
    log.info(
        "token_request",
        **SECRETS,
        error="401 for ?access_token=tok-123456",
        headers=SECRETS,
        tries=[{"form": SECRETS}],
        status=200,
    )
    with span("token_fetch_seconds", client_secret=SECRETS["client_secret"]):
        pass

    text = json.dumps(lines())
    assert not [secret for secret in SECRETS.values() if secret in text]
    assert lines()[0]["headers"]["Authorization"] == "***"
    assert lines()[0]["status"] == 200


@pytest.mark.parametrize(
    "text",
    [
        "POST /token?client_id=1&client_secret_sign=SECRETVALUE&type=SELF",
        "headers={'Authorization': 'Bearer SECRETVALUE'}",
        'body {"access_token": "SECRETVALUE", "expires_in": 10800}',
        "password=SECRETVALUE",
    ],
)
def test_secrets_in_free_text_are_replaced(text: str) -> None:
    assert "SECRETVALUE" not in redact_text(text)
    assert "***" in redact_text(text)


def test_text_without_secrets_stays_as_it_is() -> None:
    text = "GET /external/v1/products?page=1 -> 200, token type SELF"
    assert redact_text(text) == text


def test_loggers_of_the_standard_library_take_the_same_shape(lines: Lines) -> None:
    with bind_trace("trace-0002"):
        logging.getLogger("django.request").warning("Not Found: %s", "/nowhere?access_token=abc123456")
        logging.getLogger("httpx").info("not shown: below WARNING")
        try:
            raise RuntimeError("password=hunter22")
        except RuntimeError:
            logging.getLogger("celery").exception("task failed")

    missing, failed = lines()
    assert (missing["event"], missing["logger"]) == ("Not Found: /nowhere?access_token=***", "django.request")
    assert missing["trace_id"] == "trace-0002"
    assert "RuntimeError" in failed["exception"]
    assert "hunter22" not in failed["exception"]


def test_configuring_twice_writes_each_line_once() -> None:
    stream = io.BytesIO()
    for _ in range(2):
        configure_logging(level="INFO", stream=stream)
    logging.getLogger("django").error("once")
    assert len(stream.getvalue().splitlines()) == 1
    configure_logging(level="WARNING")


def test_people_get_coloured_text_instead_of_json() -> None:
    stream = io.BytesIO()
    configure_logging(level="INFO", json=False, stream=stream)
    structlog.get_logger("room").info("package_built", password="hunter22")
    text = stream.getvalue().decode()
    configure_logging(level="WARNING")
    assert "package_built" in text
    assert "hunter22" not in text


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(KeyError):
        configure_logging(level="LOUD")


def test_lines_go_to_standard_error_without_django() -> None:
    code = (
        "import sys\n"
        "from perfhooks import catalogue, metrics, recorder, registry, spans, trace\n"
        "from perfhooks.logs import configure_logging\n"
        "configure_logging(level='INFO')\n"
        "with spans.span('zip_seconds', sku='A'): pass\n"
        "print('django' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert json.loads(done.stderr)["event"] == "zip_seconds"
