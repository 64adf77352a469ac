"""Scores in the words and drawings of the desk."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.refresh.models import PostScore, RefreshEntry, ScoreReason
from content.refresh.score import ONE, PARTS, SCORE_MOST, THOUSAND, ScoreSpec
from perfhooks.desk import NOTHING, Tone, pill

PART_NAMES = {"loss": "트래픽", "conv": "전환", "fresh": "신선도", "stale": "낡음", "value": "가치"}
REASON_TONES: dict[str, Tone] = {"loss": "bad", "conv": "bad", "stale": "warn", "fresh": "grey", "value": "ok"}
CELL_WIDTH, FILL_WIDTH = 29, 27


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part as a person reads it. points: what it adds to the score, of 100."""

    name: str
    part: str
    weight: str
    points: str
    why: str


def tell_points(score: int) -> str:
    """A score of 100."""
    return f"{score * 100 / SCORE_MOST:.1f}"


def tell_cause(entry: RefreshEntry) -> str:
    """Why an entry waits; with its points and their reason where its score has queued it."""
    why = str(entry.get_reason_display())
    return f"{why} {tell_points(entry.score)}점 · {entry.get_score_reason_display()}" if entry.score else why


def show_points(score: int) -> SafeString:
    """The same, aligned right."""
    return format_html('<span class="num">{}</span>', tell_points(score))


def show_reason(reason: str) -> SafeString:
    """The reason as a pill."""
    known = reason in ScoreReason.values
    return pill(ScoreReason(reason).label if known else NOTHING, REASON_TONES.get(reason, "grey"))


def draw_parts(parts: Mapping[str, int]) -> SafeString:
    """The parts side by side in their order, each filled as far as it goes; each says its name and size of 100."""
    told = [(name, parts.get(name, 0) * 100 / ONE) for name in PARTS]
    cells = (
        (place * CELL_WIDTH, f"{size * FILL_WIDTH / 100:.1f}", f"{PART_NAMES[name]} {size:.0f}")
        for place, (name, size) in enumerate(told)
    )
    filled = format_html_join(
        "",
        '<g transform="translate({} 0)"><rect class="track" width="{}" height="12"/>'
        '<rect class="fill-warn" width="{}" height="12"/><title>{}</title></g>',
        ((at, FILL_WIDTH, width, title) for at, width, title in cells),
    )
    label = ", ".join(f"{PART_NAMES[name]} {size:.0f}" for name, size in told)
    return format_html('<svg class="bar" viewBox="0 0 144 12" role="img" aria-label="{}">{}</svg>', label, filled)


def list_parts(parts: Mapping[str, int], spec: ScoreSpec, why: Mapping[str, str] | None = None) -> list[PartLine]:
    """The parts in their order, each with its weight, what it adds and what it was made of."""
    return [
        PartLine(
            PART_NAMES[name],
            f"{parts.get(name, 0) * 100 / ONE:.1f}",
            f"{spec.weights[name] / THOUSAND:g}",
            tell_points(parts.get(name, 0) * spec.weights[name]),
            (why or {}).get(name, ""),
        )
        for name in PARTS
    ]


def show_parts(lines: list[PartLine]) -> SafeString:
    """Those as a table."""
    rows = ((it.name, it.part, it.weight, it.points, it.why or NOTHING) for it in lines)
    return format_html(
        '<div class="scroll-x"><table class="grid-table"><thead><tr><th scope="col">부분</th><th scope="col" class="num">크기(100)</th>'
        '<th scope="col" class="num">가중치</th><th scope="col" class="num">점수</th><th scope="col">근거</th></tr></thead>'
        "<tbody>{}</tbody></table></div>",
        format_html_join(
            "",
            '<tr><th scope="row" class="fit">{}</th><td class="num">{}</td><td class="num">{}</td><td class="num">{}</td><td>{}</td></tr>',
            rows,
        ),
    )


def explain_parts(row: PostScore) -> dict[str, str]:
    """What each part of a kept score was made of."""
    base = "작년 같은 28일" if row.is_base_year else "그 앞 28일"
    loss = f"28일 클릭 {row.clicks_now:,}(자료 {row.days_now}일), {base} {row.clicks_base:,}(자료 {row.days_base}일)"
    conv = f"전환율 {row.rate_now / 10_000:.2f}%, 기준 {row.rate_base / 10_000:.2f}%, 방문 {row.visits:,}"
    stale = f"보이는 상품 {row.placements:,}개 가운데 24시간 넘었거나 품절 {row.stale_placements:,}개"
    return {
        "loss": loss if row.days_now and row.days_base else "견줄 자료가 없습니다",
        "conv": conv if row.rate_base else "견줄 주문이 없습니다",
        "fresh": f"{row.get_kind_display()}, 마지막으로 고치거나 갱신한 날부터",
        "stale": "고지가 제자리에 없습니다" if row.is_disclosure_failing else stale,
        "value": f"28일 매출 {row.revenue:,}원",
    }
