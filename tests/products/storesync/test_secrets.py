"""The secret, its signature and the token stay where they belong: planted, and then looked for everywhere."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from products.storesync.client import BODY_LIMIT_CHARACTERS
from products.storesync.models import SyncFailure
from products.storesync.services import read_account
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.planted import PLANTED_SECRET, assert_nothing_shows, read_rows
from tests.products.storesync.scripted import Answer, ScriptedStore, issue, refuse

PLANTED_TOKEN = "planted-marker-token"


def sync_and_show(store_url: str, settings: Settings) -> str:
    """Run the command against this address, whatever comes of it, and return all that a person sees of it."""
    settings.STORE_API_URL, settings.STORE_CLIENT_SECRET = store_url, PLANTED_SECRET
    shown = io.StringIO()
    try:
        call_command("sync_store", "--json", stdout=shown)
    except CommandError as error:
        chain: BaseException | None = error
        while chain is not None:
            shown.write(f"{chain!r} {chain} {vars(chain)}")
            chain = chain.__cause__ or chain.__context__
    return shown.getvalue() + repr(read_account()) + read_rows()


@pytest.mark.django_db
def test_a_good_run_shows_no_secret(
    small_catalogue: Path, settings: Settings, log: io.BytesIO, signatures: list[str], tokens: list[str]
) -> None:
    with SimulatorProcess(small_catalogue, client_secret=PLANTED_SECRET) as store:
        shown = sync_and_show(store.url, settings)
    assert '"status": "done"' in shown
    assert tokens
    assert signatures
    assert_nothing_shows([shown + log.getvalue().decode()], *tokens, *signatures)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble",
    [
        {"list": [refuse(401, "GW.AUTHN")]},
        {"list": [Answer(400, {"code": "BAD_REQUEST", "message": f"got Bearer {PLANTED_TOKEN} and {PLANTED_SECRET}"})]},
        {"list": [Answer(200, f"<html>{PLANTED_TOKEN}</html>".encode())]},
        {"list": [refuse(500, PLANTED_TOKEN)]},
        {"token": [Answer(200, f'{{"access_token": "{PLANTED_TOKEN}", "expires_in": "soon"}}'.encode())]},
        {"token": [Answer(400, {"code": "BAD_REQUEST", "message": PLANTED_SECRET})]},
    ],
)
def test_a_store_that_echoes_secrets_is_not_quoted(
    settings: Settings, log: io.BytesIO, signatures: list[str], trouble: dict[str, list[Answer]]
) -> None:
    with ScriptedStore(**{"token": [issue(PLANTED_TOKEN)], **trouble}) as store:
        shown = sync_and_show(store.account.base_url, settings)
    assert "조치" in shown
    assert_nothing_shows([shown + log.getvalue().decode()], PLANTED_TOKEN, *signatures)


@pytest.mark.django_db
def test_a_detail_that_holds_the_token_is_kept_without_it(settings: Settings, log: io.BytesIO) -> None:
    channel = {
        "channelProductNo": 2,
        "name": "상품",
        "statusType": "SALE",
        "salePrice": 10,
        "categoryId": "5",
        "modifiedDate": "2026-11-01T00:00:00+09:00",
    }
    page = {
        "contents": [{"originProductNo": 1, "channelProducts": [channel]}],
        "page": 1,
        "totalElements": 1,
        "totalPages": 1,
    }
    detail = {
        "originProduct": {
            "statusType": "SALE",
            "detailAttribute": {"sellerCodeInfo": {"sellerBarcode": PLANTED_TOKEN * 9}},
        }
    }
    with ScriptedStore(token=[issue(PLANTED_TOKEN)], list=[Answer(200, page)], detail=[Answer(200, detail)]) as store:
        shown = sync_and_show(store.account.base_url, settings)
    assert "sellerBarcode" in shown
    assert_nothing_shows([shown + log.getvalue().decode()], PLANTED_TOKEN)


@pytest.mark.django_db
def test_list_entries_are_kept_without_any_token_that_was_given_and_cut(settings: Settings, log: io.BytesIO) -> None:
    older, newer = PLANTED_TOKEN, "second-planted-token"
    channel = {"channelProductNo": 2, "name": f"{older} {newer}", "salePrice": 0, "categoryId": "5"}
    dated = {**channel, "modifiedDate": "2026-11-01T00:00:00+09:00"}
    entries = [
        {"originProductNo": 1, "channelProducts": [{**dated, "gift": f"{older} {newer} {PLANTED_SECRET}"}]},
        {"originProductNo": 2, "channelProducts": [{**dated, "salePrice": "x", "gift": f"{older}{newer}" * 20_000}]},
    ]
    page = {"contents": entries, "page": 1, "totalElements": 2, "totalPages": 1}
    script = {"token": [issue(older), issue(newer)], "list": [refuse(401, "GW.AUTHN"), Answer(200, page)]}
    with ScriptedStore(**script) as store:
        shown = sync_and_show(store.account.base_url, settings)
    assert '"refused": 2' in shown
    assert all("***" in body for body in SyncFailure.objects.values_list("body", flat=True))
    assert max(map(len, SyncFailure.objects.values_list("body", flat=True))) == BODY_LIMIT_CHARACTERS
    assert_nothing_shows([shown + log.getvalue().decode()], older, newer)
