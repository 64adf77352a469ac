"""How the weights of matching were judged: five-fold cross-validation over the given half of the Chorus queries.

    python scripts/study_match_weights.py            writes docs/studies/match_weights.md

A small grid around the weights in use, nothing fitted to single queries. For each fold the best setting of the other four
is held against the fold, which shows what choosing by these queries is worth on queries that were not looked at.
"""

import os
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from content.matching import index as matching_index
from content.matching.engine import rank_products
from content.matching.evaluation import evaluate
from content.matching.index import FIELDS, MatchIndex
from content.matching.judgements import read_catalogue, read_ratings
from content.matching.postings import Field
from content.matching.reference import ReferenceEngine

DATA = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data")) / "chorus_icecat"
OUT = ROOT / "docs" / "studies" / "match_weights.md"
FOLDS, DEPTH = 5, 10
GRID = {"name": (2.0, 3.0, 4.0), "attributes": (0.0, 0.7, 1.0), "description": (1.0, 1.5)}
IN_USE = (3.0, 0.7, 1.0)

Scores = Mapping[str, float]


def score_setting(setting: tuple[float, ...], products: list, ratings: dict) -> dict[str, float]:  # type: ignore[type-arg]
    """{query: nDCG} with these weights of the fields."""
    weights = dict(zip(GRID, setting, strict=True))
    matching_index.FIELDS = tuple(  # type: ignore[assignment]
        Field(field.name, weights.get(field.name, field.weight), field.length_share) for field in FIELDS
    )
    index = MatchIndex(products)
    result = evaluate(lambda query: [row.sku for row in rank_products(query, index, limit=DEPTH)], ratings, depth=DEPTH)
    return {score.query: score.ndcg for score in result.scores if score.ndcg is not None}


def cross_validate(
    scores: Mapping[tuple[float, ...], Scores], queries: list[str]
) -> tuple[float, list[tuple[float, ...]]]:
    """The mean nDCG of each fold under the setting that is best on the others, and those settings."""
    held: list[float] = []
    chosen = []
    for fold in range(FOLDS):
        inside = queries[fold::FOLDS]
        outside = [query for query in queries if query not in inside]
        best = max(scores, key=lambda setting: mean(scores[setting][query] for query in outside))
        chosen.append(best)
        held += [scores[best][query] for query in inside]
    return mean(held), chosen


def write() -> None:
    """Measure and write the document."""
    products, ratings = read_catalogue(DATA / "products.jsonl.gz"), read_ratings(DATA / "ratings_dev.csv")
    peer = ReferenceEngine((it.sku, it.name, it.description) for it in products)
    reference = evaluate(lambda query: peer.rank(query, limit=DEPTH), ratings, depth=DEPTH).ndcg
    scores = {setting: score_setting(setting, products, ratings) for setting in product(*GRID.values())}
    queries = sorted(scores[IN_USE])
    validated, chosen = cross_validate(scores, queries)
    rows = sorted(scores, key=lambda setting: -mean(scores[setting].values()))
    lines = [
        "# The weights of matching",
        "",
        "Written by `scripts/study_match_weights.py`: nDCG@10 on the given half of the Chorus queries.",
        "",
        f"- SQLite FTS5, any word, porter: {reference:.4f}",
        f"- in use {dict(zip(GRID, IN_USE, strict=True))}: {mean(scores[IN_USE].values()):.4f}",
        f"- cross-validated (5 folds, best of {len(scores)} settings on the other four): {validated:.4f}",
        f"- lowest of all settings: {min(mean(it.values()) for it in scores.values()):.4f}",
        f"- chosen in the folds: {', '.join(map(str, chosen))}",
        "",
        f"| {' | '.join(GRID)} | nDCG@10 |",
        f"|{'---|' * (len(GRID) + 1)}",
        *(f"| {' | '.join(map(str, setting))} | {mean(scores[setting].values()):.4f} |" for setting in rows),
        "",
    ]
    OUT.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write()
