"""Words within product texts, found by pairs of letters: two syllables are a Korean word, and too short for trigrams.

`ProductSearch` keeps each product's text in one spelling (NFKC, small letters, no blanks) with its store, category and
status. PostgreSQL has a GIN index on its pairs of letters, SQLite an FTS5 table of them; a filter is one term more in the
same look-up, so that a filter and a search together cost no more than a search alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.lookups import DataContains
from django.db import connection
from django.db.models import Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from products.catalog.models import ProductSearch

FILTERS = ("store_id", "category_id", "status")
"""What the index knows of a product besides its text."""
HALF_WIDTH = re.compile("[\uffa0-\uffdc]+")
FINALS = dict(zip("ᄀᄁᄂᄃᄅᄆᄇᄉᄊᄋᄌᄎᄏᄐᄑᄒ", "ᆨᆩᆫᆮᆯᆷᆸᆺᆻᆼᆽᆾᆿᇀᇁᇂ", strict=True))
"""{a consonant as the beginning of a syllable: as its end}."""
BETWEEN = "\n"
"""Stands between the parts of a text; no word reaches across it."""


class Terms(Func):
    """The terms of a row, exactly as the index of PostgreSQL has them."""

    function = "catalog_search_terms"
    output_field = ArrayField(TextField())

    def __init__(self) -> None:
        super().__init__("text", "store_id", "category_id", "status")


def normalise(text: str) -> str:
    """One spelling for what people write in several: NFKC, small letters, no blanks (무선 청소기 is 무선청소기)."""
    whole = HALF_WIDTH.sub(_widen, text) if HALF_WIDTH.search(text) else text
    return "".join(unicodedata.normalize("NFKC", whole).casefold().split())


def _widen(narrow: re.Match[str]) -> str:
    """Letters in half width as syllables: NFKC takes a syllable's last consonant for the beginning of another."""
    wide = unicodedata.normalize("NFKC", narrow[0])
    joined = re.sub(f"(?<=[가-힣])[{''.join(FINALS)}]", lambda last: FINALS[last[0]], wide)
    return unicodedata.normalize("NFC", joined)


def make_text(name: str, brand: str, model_name: str) -> str:
    """What is searched of a product: its name, and brand and model where the name does not say them already."""
    whole = normalise(name)
    for part in (normalise(brand), normalise(model_name)):
        if part not in whole:
            whole += BETWEEN + part
    return whole


def select_matching(words: Sequence[str], within: Mapping[str, object]) -> QuerySet[ProductSearch]:
    """The rows whose text holds every word (`normalise`d), of these filters ({one of FILTERS: value})."""
    pairs = sorted({"".join(pair) for word in words for pair in pairwise(word)})
    rows = ProductSearch.objects.filter(**within)
    if pairs:
        rows = rows.filter(_holds_terms(pairs, within))
    # One pair is the word itself; several may stand apart.
    return rows.filter(holds_words([word for word in words if len(word) != 2]))


def holds_words(words: Iterable[str]) -> Q:
    """The rows whose text holds every word, found by reading it."""
    held = Q()
    for word in words:
        held &= Q(text__contains=word)
    return held


def _holds_terms(pairs: Sequence[str], within: Mapping[str, object]) -> Q:
    if connection.vendor == "postgresql":
        wanted = [*pairs, *(f"{name}:{value}" for name, value in within.items())]
        return Q(DataContains(Terms(), Cast(Value(wanted), ArrayField(TextField()))))
    wanted = [*map(spell_pair, pairs), *(spell_filter(name, value) for name, value in within.items())]
    found = RawSQL(
        "SELECT rowid FROM catalog_productsearch_terms WHERE catalog_productsearch_terms MATCH %s",
        [" AND ".join(f'"{term}"' for term in wanted)],
    )
    return Q(product_id__in=found)


def spell_pair(pair: str) -> str:
    """A pair of letters in letters that every tokenizer leaves together."""
    return "z".join(f"{ord(letter):x}" for letter in pair)


def spell_filter(name: str, value: object) -> str:
    """A filter's term in the same spelling; it cannot be a pair's, which has a z."""
    return f"y{name.replace('_', '')}{value}"
