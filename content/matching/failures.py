"""The part of a document that `match_eval --report` keeps: the figures, and the queries that it answers badly."""

from collections.abc import Mapping
from pathlib import Path

from content.matching.evaluation import Evaluation

BEGIN, END = "<!-- match_eval {name} -->", "<!-- end of match_eval {name} -->"
SHOWN_RESULTS = 2


class BadReport(Exception):
    """A document without the place for the figures; the message says what to add."""


def write_report(path: Path, name: str, ours: Evaluation, reference: Evaluation, names: Mapping[str, str]) -> None:
    """Put the figures of this set into its place in the document. names: {product id: name}. Raises BadReport."""
    begin, end = BEGIN.format(name=name), END.format(name=name)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadReport(f"{path}: 문서를 읽을 수 없습니다({error.strerror}).") from error
    before, found, rest = text.partition(begin)
    _old, closed, after = rest.partition(end)
    if not (found and closed):
        raise BadReport(f"{path}: '{begin}'과 '{end}' 두 줄을 넣을 자리에 적으세요.")
    path.write_text(f"{before}{begin}\n{describe(ours, reference, names)}\n{end}{after}", encoding="utf-8")


def describe(ours: Evaluation, reference: Evaluation, names: Mapping[str, str]) -> str:
    """The figures and the failures as Markdown; no times, so that the same engine writes the same text."""
    lines = [
        f"| engine | nDCG@{ours.depth} | nothing found | unjudged |",
        "|---|---|---|---|",
        *(
            f"| {name} | {it.ndcg:.3f} | {it.zero_ratio:.1%} | {it.unjudged_ratio:.1%} |"
            for name, it in (("matching", ours), ("SQLite FTS5, any word", reference))
        ),
        "",
        f"{len(ours.scores)} queries. Those below 0.5 ({len(ours.failures)}):",
        "",
        "| query | nDCG | found first |",
        "|---|---|---|",
    ]
    for score in ours.failures:
        found = "; ".join(names.get(key, key) for key in score.found[:SHOWN_RESULTS]) or "nothing"
        lines.append(f"| {_cell(score.query)} | {score.ndcg or 0:.2f} | {_cell(found)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
