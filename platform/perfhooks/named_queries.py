"""The queries that have a name (config/explain.toml), and how their statements are caught without keeping any effect."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from inspect import isgenerator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.utils.module_loading import import_string

from perfhooks.explain import ExplainError, Statement, refuse_write
from perfhooks.sqltext import is_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUERIES_FILE = Path(__file__).resolve().parents[2] / "config" / "explain.toml"
OWN_HOST = "127.0.0.1"
_NOT_PART_OF_IT = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedQuery:
    """A selector by its dotted path, with arguments, or a page by its path; `scans`: tables it is meant to read whole."""

    name: str
    why: str = ""
    selector: str = ""
    path: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    scans: tuple[str, ...] = ()


def load_queries(file: Path = QUERIES_FILE) -> dict[str, NamedQuery]:
    """Return the named queries by name; raises `ExplainError` that names the entry and what is wrong."""
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("query", [])
        queries = msgspec.convert(entries, list[NamedQuery])
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ExplainError(f"{file.name}: {error}") from error
    for query in queries:
        if bool(query.selector) == bool(query.path):
            raise ExplainError(f"{file.name}: {query.name}: selector와 path 가운데 하나만 쓰세요.")
    return {query.name: query for query in queries}


def find_query(name: str) -> NamedQuery:
    """Return the query of that name; raises `ExplainError` that lists the names."""
    queries = load_queries()
    if name not in queries:
        raise ExplainError(f"{name!r}: 모르는 이름입니다. 아는 이름: {', '.join(queries)}")
    return queries[name]


def catch_statements(query: NamedQuery) -> list[Statement]:
    """Run the query as the product does, undo whatever it did, and return its SELECTs in order.

    A selector that writes is refused with `ExplainError`; of a page, only what it reads is returned.
    """
    caught = _catch_page(query.path) if query.path else _catch_selector(query)
    if not caught:
        raise ExplainError(f"{query.name}: 데이터베이스에 아무것도 묻지 않았습니다. arguments를 확인하세요.")
    return caught


def _catch_selector(query: NamedQuery) -> list[Statement]:
    try:
        selector: Callable[..., Any] = import_string(query.selector)
    except ImportError as error:
        raise ExplainError(f"{query.name}: selector {query.selector!r}: {error}") from error
    with _undone(), _catching(refuses_writes=True) as caught:
        result = selector(**query.arguments)
        if isinstance(result, QuerySet):
            caught += _compile(result)
        elif isgenerator(result):
            next(result, None)
            result.close()
    return caught


def _catch_page(path: str) -> list[Statement]:
    with _undone():
        reader = get_user_model()(username="explain", is_staff=True, is_superuser=True)
        reader.set_unusable_password()
        reader.save()
        browser = Client(SERVER_NAME=OWN_HOST)
        browser.force_login(reader)
        with _catching(refuses_writes=False) as caught:
            response = browser.get(path)
    if response.status_code != 200:
        raise ExplainError(f"{path}: 상태 {response.status_code}. 200으로 답하는 주소를 쓰세요.")
    return caught


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _catching(*, refuses_writes: bool) -> Iterator[list[Statement]]:
    caught: list[Statement] = []
    with connection.execute_wrapper(partial(_catch, caught, refuses_writes)):
        yield caught


def _catch(
    caught: list[Statement],
    refuses_writes: bool,
    execute: Callable[..., Any],
    sql: str,
    params: Any,
    many: bool,
    context: dict[str, Any],
) -> Any:
    if is_read(sql):
        caught.append(Statement(sql, tuple(params or ()), DEFAULT_DB_ALIAS))
    elif refuses_writes and not sql.startswith(_NOT_PART_OF_IT):
        refuse_write(sql)
    return execute(sql, params, many, context)


def _compile(rows: QuerySet[Any, Any]) -> list[Statement]:
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    return [Statement(sql, tuple(params), rows.db)]
