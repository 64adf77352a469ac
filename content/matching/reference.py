"""The yardstick of the engine: SQLite's FTS5 with the Porter stemmer, bm25 over title and description."""

import sqlite3
from collections.abc import Iterable

from content.matching.tokens import split_words


class ReferenceEngine:
    """Any word of the query, best bm25 first. products: (key, title, description)."""

    def __init__(self, products: Iterable[tuple[str, str, str]]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE product USING fts5(key UNINDEXED, title, description, tokenize = 'porter')"
        )
        self._database.executemany("INSERT INTO product VALUES (?, ?, ?)", products)

    def rank(self, query: str, *, limit: int) -> list[str]:
        """The keys of the best products; ties in the order given."""
        terms = " OR ".join(f'"{word}"' for word in split_words(query))
        if not terms:
            return []
        found = self._database.execute(
            "SELECT key FROM product WHERE product MATCH ? ORDER BY bm25(product), rowid LIMIT ?", (terms, limit)
        )
        return [key for (key,) in found]
