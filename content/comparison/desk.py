"""What the desk's pages of comparison tables show."""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from content.comparison.diffing import TableDiff, diff_tables
from content.comparison.drafting import TableDraft, explain_unit_prices
from content.comparison.forms import TableForm
from content.comparison.models import ComparisonTable, TableUse, TableVersion
from content.comparison.selectors import TableFacts, read_price_times, read_versions, select_table_versions
from content.comparison.services import preview_table
from content.cro.contexts import Table, TableCell
from content.cro.environment import render_table
from content.cro.subset import clean_html
from content.desk import link_to_post
from perfhooks.desk import ago
from products.catalog.selectors import get_facts_by_key

VERSIONS_SHOWN = 20
POSTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the list below a table's form."""

    number: int
    products: int
    revision: int
    built: SafeString
    price_time: SafeString
    changes: str


@dataclass(frozen=True, slots=True)
class TablePage:
    """How a table stands. gaps: (product, why it has no unit price); posts: links to those that show it, the first few; post_count: of all."""

    preview: SafeString
    gaps: tuple[tuple[str, str], ...]
    price_time: SafeString
    posts: list[SafeString]
    post_count: int
    versions: list[VersionLine]


@dataclass(frozen=True, slots=True)
class DiffPage:
    """Two versions beside each other. numbers: all there are, the newest first; diff: None where a version is missing."""

    numbers: list[int]
    old: int
    new: int
    diff: TableDiff | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A table that is not kept yet. html: cleaned; errors: (field, message) where it cannot be built; gaps: (product, why it has no unit price)."""

    html: SafeString
    errors: list[tuple[str, str]]
    is_empty: bool
    gaps: tuple[tuple[str, str], ...] = ()


def read_table_page(table: ComparisonTable) -> TablePage:
    """Everything beside the form; a constant number of queries."""
    versions = list(select_table_versions(table.pk).select_related("table")[: VERSIONS_SHOWN + 1])
    facts = read_versions(versions)
    uses = TableUse.objects.filter(table=table).select_related("post").order_by("-post_id")
    return TablePage(
        preview=show_rows(facts[0]) if facts else SafeString(""),
        gaps=_explain_gaps(facts[0]) if facts else (),
        price_time=ago(read_price_times([table.pk]).get(table.pk)),
        posts=[link_to_post(use.post_id, use.post.title) for use in uses[:POSTS_SHOWN]],
        post_count=uses.count(),
        versions=_list_lines(versions, facts),
    )


def _explain_gaps(facts: TableFacts) -> tuple[tuple[str, str], ...]:
    """Why cells of the unit price are empty, by the products as they are now; one query, none without such a column."""
    if not any(key.startswith("unit_price") for key in facts.keys):
        return ()
    found = get_facts_by_key(row.key for row in facts.rows)
    return explain_unit_prices([found[row.key] for row in facts.rows if row.key in found], facts.keys)


def _list_lines(versions: list[TableVersion], facts: list[TableFacts]) -> list[VersionLine]:
    lines = []
    for at, version in enumerate(versions[:VERSIONS_SHOWN]):
        changes = diff_tables(facts[at + 1], facts[at]).count if at + 1 < len(facts) else 0
        lines.append(
            VersionLine(
                number=version.number,
                products=len(version.row_hashes),
                revision=version.revision,
                built=ago(version.built_at),
                price_time=ago(version.as_of),
                changes=f"{changes:,}곳" if at + 1 < len(facts) else "첫 판",
            )
        )
    return lines


def read_diff(table: ComparisonTable, *, old: str, new: str) -> DiffPage:
    """The two versions asked for, by default the newest and the one before it."""
    numbers = list(select_table_versions(table.pk).values_list("number", flat=True))
    newest = numbers[0] if numbers else 0
    later = int(new) if new.isdecimal() and int(new) in numbers else newest
    before = max((number for number in numbers if number < later), default=later)
    earlier = int(old) if old.isdecimal() and int(old) in numbers else before
    rows = select_table_versions(table.pk).filter(number__in={earlier, later}).select_related("table")
    facts = {each.number: each for each in read_versions(rows)}
    has_both = earlier in facts and later in facts
    return DiffPage(numbers, earlier, later, diff_tables(facts[earlier], facts[later]) if has_both else None)


def make_preview(typed: Any) -> Preview:
    """What a form's plan would say now. Writes nothing."""
    named = typed.copy()
    named["name"] = "preview"
    form = TableForm(named)
    errors = [
        (str(form.fields[name].label or "") if name in form.fields else "", str(text))
        for name, texts in form.errors.items()
        if name != "name"
        for text in texts
    ]
    if errors:
        return Preview(SafeString(""), errors, is_empty=False)
    plan = preview_table(spec=form.cleaned_data["spec"])
    draft = plan.draft
    return Preview(
        render_draft(draft), [], is_empty=not draft.rows, gaps=explain_unit_prices(plan.products, draft.keys)
    )


def render_draft(draft: TableDraft) -> SafeString:
    """The table by the posts' own template, cleaned as a post is."""
    reasons = {(mark.row, mark.column): mark.reason for mark in draft.marks}
    rows = tuple(
        tuple(TableCell(text, mark=reasons.get((at, column), "")) for column, text in enumerate(row.cells))
        for at, row in enumerate(draft.rows)
    )
    return mark_safe(clean_html(render_table(Table(draft.columns, rows))))  # noqa: S308 - cleaned


def show_rows(facts: TableFacts) -> SafeString:
    """A version as a table of the desk, with the SKU of each row and what wins in bold."""
    wins = {(mark.row, mark.column) for mark in facts.marks}
    head = format_html_join("", '<th scope="col">{}</th>', [("SKU",), *((name,) for name in facts.columns)])
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        [
            (
                format_html_join(
                    "",
                    "<td>{}</td>",
                    [
                        (row.sku,),
                        *(
                            (format_html("<strong>{}</strong>", cell) if (at, column) in wins else cell,)
                            for column, cell in enumerate(row.cells)
                        ),
                    ],
                ),
            )
            for at, row in enumerate(facts.rows)
        ],
    )
    table = '<div class="scroll-x"><table class="grid-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    return format_html(table, head, body)
