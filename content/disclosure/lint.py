"""Whether a disclosure sentence is plain: no condition, no vague word, and the benefit named."""

import re
import unicodedata
from dataclasses import dataclass

from content.disclosure.rules import Rules, load_rules

LENGTH_LIMIT = 300
_KOREAN_END = re.compile(r"(?:니다|[가-힣]요)[.!]?\Z")
_MARK = re.compile(
    r"\A\s*\[?(?:광고|협찬|유료\s*광고|대가성\s*광고)\]?|(?i:\A\s*\[?(?:ad|advertisement|paid|sponsored)\]?)"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a sentence or its place. rule: id of the rule behind it; message: Korean, with the fix."""

    rule: str
    message: str


def lint_sentence(
    sentence: str, *, relationship: str, language: str = "ko", rules: Rules | None = None
) -> list[Problem]:
    """What keeps a sentence from being used for a relationship; empty when nothing does."""
    book = rules or load_rules()
    text = " ".join(unicodedata.normalize("NFKC", sentence).split())
    if not text:
        return [Problem("", "문구: 한 문장 이상 쓰세요.")]
    problems = [
        Problem(wording.rule, f"문구: '{found[0]}'은(는) 분명한 고지가 아닙니다. {wording.advice}")
        for wording in book.refused
        if wording.language == language and (found := wording.pattern.search(text))
    ]
    asked = [one for one in book.required if (one.language, one.relationship) == (language, relationship)]
    if asked and not any(one.pattern.search(text) for one in asked):
        problems.append(Problem("", f"문구: 관계를 알 수 없습니다. {asked[0].advice}"))
    if len(sentence) > LENGTH_LIMIT:
        problems.append(Problem("", f"문구: {LENGTH_LIMIT}자까지 쓸 수 있습니다. 지금 {len(sentence)}자입니다."))
    if language == "ko" and not _KOREAN_END.search(text) and not _MARK.fullmatch(text):
        problems.append(Problem("kr-unconditional", "문구: '-습니다'로 끝나는 평서문으로 쓰세요."))
    if "<" in sentence or "{{" in sentence:
        problems.append(Problem("", "문구: 태그와 자리표시 없이 글자로만 쓰세요."))
    return problems
