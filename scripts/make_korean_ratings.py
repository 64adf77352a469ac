"""Spell out the hand-made Korean judgements: which product of the demo catalogue has which grade for which query.

    python scripts/make_korean_ratings.py            writes tests/content/matching/data/korean_ratings.csv
    python scripts/make_korean_ratings.py --check    exit status 1 unless the file is what it would write

The meanings are in korean_meanings.txt beside it. Products that cannot be sold get no grade: they must never be chosen.
"""

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "operations" / "demo" / "catalogue.jsonl"
FOLDER = ROOT / "tests" / "content" / "matching" / "data"
MEANINGS, RATINGS = FOLDER / "korean_meanings.txt", FOLDER / "korean_ratings.csv"
GRADES = (3, 2, 1)


def make_ratings() -> str:
    """The ratings as CSV. Raises ValueError that names the line of a condition that no product meets."""
    products = [json.loads(line) for line in CATALOGUE.read_text(encoding="utf-8").splitlines()]
    shelf = [product for product in products if product["statusType"] == "SALE" and product["stockQuantity"] > 0]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("query", "docid", "rating"))
    for number, line in enumerate(MEANINGS.read_text(encoding="utf-8").splitlines(), start=1):
        if line and not line.startswith("#"):
            query, *parts = (part.strip() for part in line.split("|"))
            writer.writerows((query, key, grade) for key, grade in _grade(parts, shelf, number))
    return out.getvalue()


def _grade(parts: list[str], shelf: list[dict[str, Any]], number: int) -> Iterator[tuple[int, int]]:
    conditions = {
        grade: [text.strip() for text in part.split(",") if text.strip()]
        for grade, part in zip(GRADES, parts, strict=True)
    }
    found = 0
    for product in shelf:
        grade = next((g for g, texts in conditions.items() if any(_meets(product, text) for text in texts)), 0)
        if grade:
            found += 1
            yield product["originProductNo"], grade
    if not found:
        raise ValueError(f"{MEANINGS.name} line {number}: no product meets any condition")


def _meets(product: dict[str, Any], condition: str) -> bool:
    leaf, words = condition.split(":", 1)
    if product["wholeCategoryName"].split(">")[-1] != leaf:
        return False
    name = product["name"].removeprefix(product["brandName"])
    text = " ".join((name, *product["attributes"].values()))
    return all((word[1:] not in text) if word.startswith("!") else (word in text) for word in words.split("&") if word)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; say by the exit status whether it is current"
    )
    made = make_ratings()
    if parser.parse_args().check:
        sys.exit(RATINGS.read_text(encoding="utf-8") != made)
    RATINGS.write_text(made, encoding="utf-8")
