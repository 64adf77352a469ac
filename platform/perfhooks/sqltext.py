"""SQL as text: what kind of statement it is, and its shape without the values, so that repetitions can be told."""

from __future__ import annotations

import re

_READ = re.compile(r"\s*(?:SELECT|VALUES|\(\s*SELECT)\b", re.IGNORECASE)
_WITH = re.compile(r"\s*WITH\b", re.IGNORECASE)
_WRITE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)\b", re.IGNORECASE)
_WRITE_AFTER_WITH = re.compile(r"\s*WITH\b.*\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b", re.I | re.S)

_SPACE = re.compile(r"\s+")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_NUMBER = re.compile(r"(?<![\w\"$.])-?\d+(?:\.\d+)?(?![\w\"])")
_LIST = re.compile(r"\bIN \((?!\s*SELECT\b)[^()]*\)", re.IGNORECASE)
_VALUES = re.compile(r"\bVALUES \(.*\)(?=\s*(?:ON CONFLICT|RETURNING)\b|\s*$)", re.I | re.S)
_PLACEHOLDERS = re.compile(r"%s(?:, %s)+")
# A bare value ends where Django's next keyword, bracket or column begins.
_END = (
    r"(?= (?:AND|OR|LIMIT|OFFSET|ORDER BY|GROUP BY|HAVING|UNION|THEN|ELSE|END|ESCAPE|FOR UPDATE|RETURNING|WHERE|AS)\b"
    r'|\)|, "|$)'
)
_BARE_RANGE = re.compile(rf'(?<=BETWEEN )(?!["(]).+? AND (?!["(]).*?{_END}', re.S)
_BARE = re.compile(
    rf'(?:(?<=[=<>] )|(?<=LIKE )|(?<=LIKE UPPER\())(?!["(]|[A-Z]\d+\.|SELECT\b|CASE\b|COALESCE\().*?{_END}', re.S
)


def is_read(sql: str) -> bool:
    """Whether the statement only reads: SELECT or VALUES, or WITH without a write behind it."""
    return _READ.match(sql) is not None or (_WITH.match(sql) is not None and not is_write(sql))


def is_write(sql: str) -> bool:
    """Whether the statement is an INSERT, UPDATE, DELETE, MERGE or REPLACE, also behind WITH."""
    return _WRITE.match(sql) is not None or _WRITE_AFTER_WITH.match(sql) is not None


def normalise_statement(sql: str) -> str:
    """Return the shape of a statement as it is sent: one space between words, `?` for lists and literal values."""
    text = _SPACE.sub(" ", sql).strip()
    text = _VALUES.sub("VALUES (?)", _LIST.sub("IN (?)", text))
    return _NUMBER.sub("?", _QUOTED.sub("?", _PLACEHOLDERS.sub("?", text)))


def normalise_recorded(sql: str) -> str:
    """Return the shape of a statement whose values were written into it without quotes, as django-silk records them.

    Such text is no SQL any more: a value that itself looks like SQL (`a AND b`) may give a shape of its own.
    """
    text = _VALUES.sub("VALUES (?)", _LIST.sub("IN (?)", _SPACE.sub(" ", sql).strip()))
    return _NUMBER.sub("?", _BARE.sub("?", _BARE_RANGE.sub("? AND ?", text)))
