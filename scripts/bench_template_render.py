"""The templates of posts beside Django's engine, which renders the same HTML from the same values.

    python scripts/bench_template_render.py [--templates cro_buy,cro_compare] [--n 2000] [--quick] [--json] ...

A post has a card, a table of ten rows where its template compares, lists and links. The table alone is rendered anew, and
taken from the store of rendered tables. Django's templates are made of the very same files: macros put where they are
called, which is quicker there than to include them. Nothing is measured before both gave the same HTML. n: renderings of
each, on which the percentiles stand. Exits with 1 when a goal is missed.
"""

import os
import re
import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from django.template import Context, Engine, Template
from markupsafe import Markup

from content import cro
from content.cro.contexts import Card, Cta, Deal, Fact, Page, Picture, Table, TableCell
from content.cro.environment import TEMPLATE_VERSIONS, draw_table, render_page, render_table
from perfhooks.bench import Goal, Operation, Scenario, main

ROWS, PARAGRAPHS = 10, 12
TABLE_RATIO_MIN = 3.0
CACHED_SECONDS_MAX = 5e-6
CACHED_PER_RUN = 2_000
COLUMNS = ("상품", "브랜드", "가격", "할인", "혜택", "재고", "흡입력", "무게")
PAGES = Path(next(iter(cro.__path__))) / "pages"
_MACRO = re.compile(r"{% macro (\w+)\((.*?)\) %}(.*?){% endmacro %}", re.DOTALL)
_CALL = re.compile(r"{{ (?:parts\.)?(\w+)\((.*?)\) }}")


def make_table() -> Table:
    """Ten rows of eight columns; the names hold what must be escaped."""
    rows = []
    for number in range(ROWS):
        name = TableCell(f"무선 청소기 <프로> {number}호 & 거치대", f"https://shop.example/products/{number}")
        facts = ("온담", f"{number + 89},000원", "10%", "구매 적립 1,000원, 무료 배송", "있음", "25,000Pa", "1.4kg")
        rows.append((name, *map(TableCell, facts)))
    return Table(COLUMNS, tuple(rows))


def make_page(table: Markup | None) -> Page:
    """A post with every block filled."""
    link = Cta("무선 청소기 1호 보러 가기", "https://shop.example/products/1")
    picture = Picture("01_jb-1.jpg", "무선 청소기 1호")
    benefits = ("구매 적립 1,000원", "포토 리뷰 적립 500원", "무료 배송")
    card = Card("무선 청소기 1호", link.address, "89,000원", "99,000원", "10%", benefits, True, picture)
    facts = (Fact("판매자", "온담 상점"), Fact("배송", "무료 배송"), Fact("교환·반품", "받은 날부터 7일 안"))
    return Page(
        body=Markup("<p>무선 청소기를 고를 때 볼 것을 적었습니다.</p>\n" * PARAGRAPHS),  # noqa: S704
        lead=card,
        table=table,
        closing=link,
        gallery=(picture, picture),
        lede="무선 청소기 1호: 지금 가격은 89,000원입니다.",
        opening=link,
        after_table=link,
        trust=facts,
        specs=facts,
        items=(card,) * ROWS,
        deal=Deal("89,000원", "이전 판매가 99,000원에서 10% 할인", ("2026-12-01 23:59까지입니다(한국 시각).",), False),
    )


def translate(name: str) -> str:
    """The source of one of our templates as Django understands it: each macro in place of its call."""
    macros = {found[1]: (found[2], found[3]) for found in _MACRO.finditer(_read("parts.html"))}

    def put_in_place(call: re.Match[str]) -> str:
        parameters, body = macros[call[1]]
        names = [parameter.partition("=") for parameter in parameters.split(", ")]
        given = re.findall(r'"[^"]*"|[^,\s]+', call[2])
        values = [*given, *(default for _name, _sign, default in names[len(given) :])]
        pairs = " ".join(f"{each[0]}={value}" for each, value in zip(names, values, strict=True))
        return f"{{% with {pairs} %}}{_CALL.sub(put_in_place, body)}{{% endwith %}}"

    source = _CALL.sub(put_in_place, _read(name) if name.endswith(".html") else name)
    return source.replace("loop.index", "forloop.counter")


def _read(name: str) -> str:
    """A file with its includes in place, without the white space that our engine drops: before a block tag and the line end after it."""
    text = re.sub(r"(?m)^[ \t]*(?={%)|(?<=%})\n", "", (PAGES / name).read_text("utf-8"))
    return re.sub(r'{% include "([^"]+)" %}', lambda found: _read(found[1]), text)


def list_scenarios(options: Namespace) -> list[Scenario]:
    """Each template, and the table alone: anew and kept."""
    engine, table = Engine(), make_table()
    by_django = engine.from_string(translate("{{ parts.table(page) }}"))
    draw_by_django = partial(_render, by_django, table)
    if str(draw_table(table)) != draw_by_django() or render_table(table) != draw_table(table):
        raise RuntimeError("the engines do not render the same table")
    yardstick = Operation("Django's engine", draw_by_django)
    kept = Operation("kept", partial(_repeat, table), CACHED_PER_RUN)
    goals = (Goal.at_least("ratio", TABLE_RATIO_MIN),)
    shared = {"unit": "table", "repetitions": options.n}
    return [
        *(compare_template(name, table, engine, options.n) for name in options.templates.split(",")),
        Scenario(
            name="table of 10",
            operation=Operation("anew", partial(draw_table, table)),
            yardstick=yardstick,
            goals=goals,
            **shared,
        ),
        Scenario(
            name="table of 10, kept",
            operation=kept,
            yardstick=yardstick,
            goals=(Goal.at_most("unit_seconds", CACHED_SECONDS_MAX),),
            **shared,
        ),
    ]


def compare_template(name: str, table: Table, engine: Engine, number: int) -> Scenario:
    """A whole post by this template; the table in it is rendered anew by both."""
    if name not in TEMPLATE_VERSIONS:
        raise SystemExit(f"--templates: {name!r} is none of {', '.join(TEMPLATE_VERSIONS)}")
    source = translate(f"{name}.html").replace("{{ page.table }}", translate("{{ parts.table(page.table) }}"))
    by_django = engine.from_string(source)
    page = make_page(None)
    theirs = make_page(table)  # type: ignore[arg-type]

    def render() -> Markup:
        return render_page(name, make_page(draw_table(table)) if name == "cro_compare" else page)

    def render_by_django() -> str:
        return _render(by_django, theirs)

    if str(render()) != render_by_django():
        raise RuntimeError(f"the engines do not render the same {name}")
    return Scenario(
        name=name,
        operation=Operation("precompiled", render),
        yardstick=Operation("Django's engine", render_by_django),
        unit="post",
        repetitions=number,
    )


def _render(template: Template, page: object) -> str:
    return str(template.render(Context({"page": page})))


def _repeat(table: Table) -> None:
    for _ in range(CACHED_PER_RUN):
        render_table(table)


def add_options(parser: ArgumentParser) -> None:
    """Which templates, and how often."""
    parser.add_argument("--templates", default="cro_buy,cro_compare", help="template ids, separated by commas")
    parser.add_argument("--n", type=int, default=2_000, help="renderings of each, default 2,000")


if __name__ == "__main__":
    sys.exit(main(list_scenarios, about=__doc__ or "", add_options=add_options))
