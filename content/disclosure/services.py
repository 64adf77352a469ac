"""The disclosure as a timed step of rendering, and the writing of new versions of its sentences."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from content.disclosure.insertion import place_disclosure
from content.disclosure.lint import Problem, lint_sentence
from content.disclosure.models import DisclosureVersion, Language
from content.disclosure.placement import inspect_placement
from content.disclosure.selectors import get_current_text
from content.disclosure.texts import DEFAULTS, FIRST_DAY
from content.posts.models import Post, Relationship
from content.times import korean_today
from perfhooks.spans import span


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """A new version. posts: how many posts of the relationship it will be put into when they are next processed."""

    id: int
    version: str
    posts: int


class PlacedDisclosure(NamedTuple):
    """The page with its disclosure, the version of the text, and what is wrong with where a reader meets it."""

    html: str
    version: str
    problems: list[Problem]


def insert_disclosure(
    html: str, *, relationship: str, as_of: datetime | None, language: str = "ko"
) -> PlacedDisclosure:
    """Put the relationship's disclosure before everything else of a post's fragment.

    as_of: the oldest price check among the prices shown (aware), None when none is shown. Idempotent: the second time
    leaves the bytes alone. Raises ValueError for an unknown relationship.
    """
    with span("disclaimer_injection_seconds", relationship=relationship):
        text = get_current_text(relationship, on=korean_today(), language=language)
        placed = place_disclosure(html, text=text, as_of=as_of, language=language)
        return PlacedDisclosure(placed, text.version, inspect_placement(placed, sentences=[text.sentence]))


@transaction.atomic
def add_version(
    *, relationship: str, sentence: str, effective_from: date, language: str = "ko", author_id: int | None = None
) -> SavedVersion:
    """Keep a new version of a sentence. Raises ValidationError by field, in Korean, with nothing written.

    The day may not lie in the past: what was published then carried another sentence.
    """
    text = check_version(relationship=relationship, sentence=sentence, effective_from=effective_from, language=language)
    ensure_first_versions()
    own = DisclosureVersion.objects.select_for_update().filter(relationship=relationship, language=language)
    list(own.values_list("pk"))
    number = (own.aggregate(last=Max("number"))["last"] or 0) + 1
    row = DisclosureVersion.objects.create(
        relationship=relationship,
        language=language,
        number=number,
        sentence=text,
        effective_from=effective_from,
        author_id=author_id,
    )
    # Posts are written in Korean: a sentence in another language is kept, and goes into none of them.
    posts = Post.objects.filter(relationship=relationship).count() if language == Language.KOREAN else 0
    return SavedVersion(row.pk, row.version, posts)


def check_version(*, relationship: str, sentence: str, effective_from: date | None, language: str) -> str:
    """The sentence as it is kept. Raises ValidationError by field."""
    errors: dict[str, list[str]] = {}
    if relationship not in Relationship.values:
        errors["relationship"] = [f"판매자와의 관계: {', '.join(Relationship.values)} 가운데 고르세요."]
    if language not in Language.values:
        errors["language"] = [f"언어: {', '.join(Language.values)} 가운데 고르세요."]
    if effective_from is None or effective_from < korean_today():
        errors["effective_from"] = [f"적용 시작일: {korean_today():%Y-%m-%d}(오늘) 또는 그 뒤의 날을 쓰세요."]
    problems = lint_sentence(sentence, relationship=relationship, language=language)
    if problems:
        errors["sentence"] = [problem.message for problem in problems]
    if errors:
        raise ValidationError(errors)
    return " ".join(sentence.split())


def ensure_first_versions() -> int:
    """Write the sentences that a new ledger begins with where they are missing; returns how many were."""
    first = [
        DisclosureVersion(
            relationship=name, language=language, number=1, sentence=text.sentence, effective_from=FIRST_DAY
        )
        for language, texts in DEFAULTS.items()
        for name, text in texts.items()
    ]
    before = DisclosureVersion.objects.count()
    DisclosureVersion.objects.bulk_create(first, ignore_conflicts=True)
    return DisclosureVersion.objects.count() - before
