"""Words that promise without an amount: free shipping, 1+1, the lowest price, a hot deal."""

import re
from collections.abc import Iterator

from content.disclosure.literals_money import Hit

_STILL_OPEN = r"(?!\s?여부|\s?(?:조건|기준)[은이])"
# Each alternative begins with a letter, so that the search passes by all others quickly.
WORDS = re.compile(
    r"최저\s?가격(?!제)|최저가(?!격|[속동능스산열용]|중[치평]|입[연찰금력]|시각|\s?(?:입찰|낙찰))|초저가|특가(?!법|\s?법|형)|핫딜(?!러)|땡처리|파격가"
    rf"|무료로?\s?배송{_STILL_OPEN}|배송(?:비|료)?(?:가|는|도|까지|이|은)?\s?무료{_STILL_OPEN}|무배(?![가-힣])|무배(?=로|라|예|임|입|이|도|까지)"
    r"|무이자(?:\s?할부)?|사은품|원\s?플러스\s?원|원플원"
    r"|페이백(?=(?:도|까지|을|이)?\s?(?:받|돼|됩|되|해\s?주|가능|이벤트|행사|혜택))|캐시백(?=(?:도|까지|을|이)?\s?(?:받|돼|됩|되|해\s?주|가능|이벤트|행사|혜택))"
    r"|반값(?!택배|어치|\s?등록금)(?:\s?(?:할인|세일))?"
)
CLAIM_HEADS = ("최저", "초저", "특가", "핫딜", "땡처", "파격")
UNDECIDED = re.compile(r"\s?여부|인지\b")
_GLUED = re.compile(r"[가-힣A-Za-z]{0,8}")
_PRICED = re.compile(r"[0-9천만]원\Z")
EMPHASIS = ("거의", "딱", "완전", "무려", "초", "거진", "정확히")
PLUS = re.compile(r"(?<![0-9A-Za-z.,+=-])(?<![+=] )(1?[0-9])\s?\+\s?([1-9])(?![0-9A-Za-z%+]|[.,][0-9]|\s?[+=×])")
PLUS_OTHER = re.compile(
    r"\s?(?:년|채널|개월|핀|단자|룸|인치|도어|학년|학기|주년|시스템|[은는이가]\s?(?:[0-9귀]|몇)|을 (?:계산|풀)|도 모|같은 (?:계산|수학)|문제|계산|정답|답|의 (?:답|정답|합)|\s?구조)"
)
PLUS_OFFER = re.compile(r"\s?(?:행사|증정|이벤트|구성|구매|할인|프로모션|세트|득템|기획|특가|으로 |묶음|딜)")
ENGLISH = re.compile(
    r"(?P<benefit>\bfree (?:standard |express |worldwide |next-day |same-day |2-day )?(?:shipping|delivery)\b"
    r"|\bships? (?:for )?free\b|\bbuy (?:one|two|three|[1-9]),? get (?:one|two|another|the (?:second|third) one|[1-9])(?: for)?(?: free| half off)?\b"
    r"|\bBOGO\b|\b(?:two|2)[ -]for[ -](?:one|1)\b|\bfree gift\b|\binterest[ -]free\b|\b0% APR\b)"
    r"|(?P<discount>\bhalf[ -](?:price|off)\b)"
    r"|(?P<claim>\bflash (?:sale|deal)\b|\b(?:lowest|best|rock[ -]bottom|unbeatable|cheapest)(?:-| ever )? ?prices?\b|\bhot deals?\b"
    r"|\bclearance (?:sale|price|deal)s?\b|\bon clearance\b|\bbest deal\b|\bdoorbusters?\b|\ball[ -]time low\b"
    r"|\b(?:special|limited[ -]time|exclusive) (?:offer|price|deal)\b|\bdeal of the day\b|\bprice drop\b|\b(?:lightning|daily|black friday) deals?\b)",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[A-Za-z][ -~]{3,}")


def find_terms(text: str) -> list[Hit]:
    """Claims and benefits that need no amount; positions in the text."""
    judged = [_judge_word(text, found) for found in WORDS.finditer(text)]
    hits = [hit for hit in judged if hit]
    if "+" in text:
        hits += _find_plus(text)
    for latin in _LATIN.finditer(text):
        for found in ENGLISH.finditer(text, latin.start(), latin.end()):
            hits.append(Hit(found.start(), found.end(), found.lastgroup or "", None, "english"))
    return hits


def _judge_word(text: str, found: re.Match[str]) -> Hit | None:
    start, end = found.span()
    word = found[0]
    glued = _GLUED.match(text[max(0, start - 8) : start][::-1])
    prefix = glued[0][::-1] if glued else ""
    if word.startswith(CLAIM_HEADS):
        if (prefix.endswith("독") and not prefix.endswith("단독")) or UNDECIDED.match(text, end):
            return None
        return Hit(start - len(prefix), end, "claim", None, "word")
    if word.startswith("반값"):
        return None if prefix and prefix not in EMPHASIS else Hit(start, end, "discount", None, "half")
    if word.startswith(("무배", "원")) and prefix and not _PRICED.search(text[max(0, start - 3) : start]):
        return None
    return Hit(start, end, "benefit", None, "word")


def _find_plus(text: str) -> Iterator[Hit]:
    """1+1, 2+1: the last figure is 1, or words of an offer follow; no sum and no name of a model."""
    for found in PLUS.finditer(text):
        is_usual = found[2] == "1" or found[1] == found[2]
        if PLUS_OTHER.match(text, found.end()):
            continue
        if is_usual or PLUS_OFFER.match(text, found.end()):
            yield Hit(found.start(), found.end(), "benefit", None, "plus")
