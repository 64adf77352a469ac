"""The rules of disclosure as data: config/disclosure_rules.toml, read once."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

RULES_FILE = Path(__file__).resolve().parents[2] / "config" / "disclosure_rules.toml"
COUNTRIES = ("KR", "US")
CHECKS = ("wording", "placement", "prices", "none")


class RulesError(ValueError):
    """The file cannot be used; names the table and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a country, the day from which it holds, and where it was read."""

    id: str
    country: str
    holds_from: date
    check: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A pattern of a language, the rule behind it ("" for what is required), and what to do."""

    language: str
    pattern: re.Pattern[str]
    advice: str
    rule: str = ""
    relationship: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """All of the file."""

    rules: tuple[Rule, ...]
    refused: tuple[Wording, ...]
    required: tuple[Wording, ...]

    def list_holding(self, on: date) -> tuple[Rule, ...]:
        """The rules in force on a day."""
        return tuple(rule for rule in self.rules if rule.holds_from <= on)


@lru_cache(maxsize=4)
def load_rules(path: Path = RULES_FILE) -> Rules:
    """Read the file. Raises RulesError."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        rules = tuple(Rule(**table) for table in document.pop("rule"))
        refused = tuple(_read_wording(table) for table in document.pop("refused"))
        required = tuple(_read_wording(table) for table in document.pop("required"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, re.error) as error:
        raise RulesError(f"{path.name}: {error}") from error
    known = {rule.id for rule in rules}
    wrong = [rule.id for rule in rules if rule.country not in COUNTRIES or rule.check not in CHECKS]
    wrong += [wording.rule for wording in refused if wording.rule not in known]
    if document or wrong or len(known) != len(rules):
        raise RulesError(f"{path.name}: {[*document, *wrong] or 'rule ids'}: unknown or given twice")
    return Rules(rules, refused, required)


def _read_wording(table: dict[str, Any]) -> Wording:
    return Wording(**{**table, "pattern": re.compile(table["pattern"])})
