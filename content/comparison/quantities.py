"""How much of something a product holds, read from Korean product names and attributes; never a guess.

    "생수 2L x 6병"               12,000 ml
    "참치 150g 10캔"              1,500 g, 10 cans
    "마스크 50매 x 2팩"           100 sheets
    "하루견과 1kg 40봉"           40 bags; whether a bag or all of them weigh 1 kg is not said, so no grams
    "1+1", "택1", "400~600g"      nothing, with the reason

An amount that is a property and not the contents (the weight of an appliance, the capacity of a flask, a serving) counts
only where the category sells by it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

GRAM, MILLILITRE = "g", "ml"
MEASURES: dict[str, tuple[str, Fraction]] = {
    "kg": (GRAM, Fraction(1000)),
    "킬로그램": (GRAM, Fraction(1000)),
    "킬로": (GRAM, Fraction(1000)),
    "그램": (GRAM, Fraction(1)),
    "g": (GRAM, Fraction(1)),
    "mg": ("mg", Fraction(1)),
    "밀리리터": (MILLILITRE, Fraction(1)),
    "미리리터": (MILLILITRE, Fraction(1)),
    "리터": (MILLILITRE, Fraction(1000)),
    "ml": (MILLILITRE, Fraction(1)),
    "cc": (MILLILITRE, Fraction(1)),
    "cl": (MILLILITRE, Fraction(10)),
    "dl": (MILLILITRE, Fraction(100)),
    "l": (MILLILITRE, Fraction(1000)),
}
"""Unit -> (kind, how many of the kind's base). mg tells of an ingredient: it is known and not counted."""
PIECES = {
    "개입": "개", "개들이": "개", "개": "개", "입": "개", "매입": "매", "매": "매", "장입": "매", "장": "매",
    "캡슐": "정", "정": "정", "환": "환", "알": "알", "구": "구", "티백": "티백", "포입": "포", "포": "포",
    "스틱": "스틱", "봉지": "봉", "봉": "봉", "팩": "팩", "병": "병", "캔": "캔", "롤": "롤", "통": "통",
    "자루": "자루", "켤레": "켤레", "박스": "박스", "상자": "박스", "세트": "세트", "묶음": "묶음",
}  # fmt: skip
"""Counting word -> the piece that is counted."""
OUTER = frozenset({"박스", "세트", "묶음", "팩", "통"})
"""What holds other pieces: it multiplies the pieces beside it."""
SHEETS = frozenset({"매", "정", "환", "알", "구", "티백", "롤"})
"""Pieces that never hold a measure each: an amount beside them is a property (80g paper) or the whole."""
EACH = {MILLILITRE: frozenset({"병", "캔", "개", "팩", "통"}), GRAM: frozenset({"병", "캔"})}
"""Where a measure with a count right behind it, without a multiplication sign, is that of one piece."""
TOTALS = frozenset({"총중량", "총용량", "총내용량", "전체중량", "전체용량"})
SINGLES = frozenset({"개당중량", "개당용량", "1개중량", "1개용량"})
CONTENTS = frozenset({"중량", "용량", "내용량", "순중량", "내용물의용량또는중량"})
COUNTS = frozenset({"구성", "수량", "개수", "입수", "매수", "총매수", "총수량"})
SOLD_BY_AMOUNT = re.compile(
    "식품|음료|농산물|축산물|수산물|커피|화장품|미용|스킨케어|사료|간식|모래|세제|세정|섬유유연제|표백|방향|탈취|샴푸|비누|치약"
    "|구강청결|분유|이유식|물티슈|비료|배양토"
)
NOT_CONTENTS = re.compile(
    "가전|기기|머신|용기|보관|텀블러|보온병|물병|물통|젖병|냄비|도구|소품|브러시|케이스|공병|디스펜서|저울|밥솥|포트|컵|쌀통"
)

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TOKEN = re.compile(
    rf"(?P<measure>(?<![\da-z.,\-~])(?P<amount>{_NUMBER})\s*(?P<unit>{'|'.join(sorted(MEASURES, key=len, reverse=True))})"
    r"(?![a-z0-9/]|\s*/|\s*당(?![가-힣])|용(?!량)|급|형|미터))"
    rf"|(?P<count>(?<![\da-z.,\-~+])(?P<number>{_NUMBER})\s*(?P<piece>{'|'.join(sorted(PIECES, key=len, reverse=True))})"
    r"(?![가-힣a-z0-9]))"
    rf"|(?P<bare>(?<![\da-z.,\-~+])(?:{_NUMBER})(?![\da-z가-힣.]))"
    r"|(?P<times>(?<=[\s\d가-힣a-z)])[x×*](?=\s*\d))"
    r"|(?P<comma>,)|(?P<open>[(\[])|(?P<close>[)\]])|(?P<plus>\+)|(?P<total>총)|(?P<space>\s+)|(?P<word>[^\s\d,()\[\]+]+|\d+|.)"
)
_UNCLEAR = (
    (re.compile(r"(?<![\d.])[1-9]\s*\+\s*[1-9](?![\d.]|\s*(?:kg|g|ml|l)\b)"), "덤을 주는 묶음(1+1)이라 몇 개 값인지 알 수 없습니다"),
    (re.compile(r"택\s*\d|선택|옵션|골라|골라담기|중\s*1(?!\d)"), "고르는 상품이라 양이 정해지지 않았습니다"),
    (re.compile(rf"\d\s*[~∼〜–-]\s*(?:{_NUMBER})\s*(?:kg|g|ml|l|개|매|정)"), "양이 범위로 적혀 있습니다"),
    (re.compile(r"(?:약|대략)\s*\d|(?:kg|g|ml|l)\s*(?:내외|안팎|전후|정도|이상|이하|미만|±)"), "양이 어림으로 적혀 있습니다"),
    (re.compile(rf"(?:kg|g|ml|l|개|매)\s*/\s*(?:{_NUMBER})\s*(?:kg|g|ml|l|개|매)"), "양이 여럿 적혀 있습니다"),
    (re.compile(r"\d+\s*종(?![가-힣])"), "여러 종류의 묶음입니다"),
)  # fmt: skip
_PROPERTY_BEFORE = re.compile(
    "(?:1회|1일|하루|한번|1인|1정|1포|1캡슐|단백질|당류|탄수화물|지방|나트륨|카페인|식이섬유|함량|무게|최대)$"
)
_TIMES_AHEAD = re.compile(r"\s*[x×*]\s*\d")
_NETWORK = re.compile(r"(?<![\d.])[2-6]G(?![a-zA-Z가-힣])|LTE")
TWO_AMOUNTS = "양이 둘로 적혀 있습니다"
EACH_OR_ALL = "적힌 양이 하나의 것인지 전체의 것인지 알 수 없습니다"
NO_AMOUNT = "양이 적혀 있지 않습니다"
NOT_SOLD_BY_AMOUNT = "무게나 부피로 파는 상품이 아닙니다"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a product holds. amounts: {"g", "ml" or a piece such as "매": how much}; problem: why one is missing, or ""."""

    amounts: Mapping[str, Fraction] = field(default_factory=dict)
    problem: str = ""


@dataclass(slots=True)
class _Run:
    """Amounts that stand together. measure: (kind, amount) as written; counts: (number, piece), "" without a word."""

    measures: list[tuple[str, Fraction]] = field(default_factory=list)
    counts: list[tuple[Fraction, str]] = field(default_factory=list)
    joints: list[str] = field(default_factory=list)
    is_total: bool = False
    is_added: bool = False


def read_quantity(name: str, attributes: Mapping[str, object], category_path: str) -> Reading:
    """Read a product's name and attributes. Only categories that sell by weight or volume get "g" and "ml"."""
    text = normalise(name)
    for pattern, problem in _UNCLEAR:
        if pattern.search(text):
            return Reading(problem=problem)
    found, problem = _settle(_read_runs(text))
    found, problem = _add_attributes(found, problem, attributes)
    measures = {kind for kind in found if kind in (GRAM, MILLILITRE)}
    if measures and not is_sold_by_amount(name, category_path):
        found = {kind: amount for kind, amount in found.items() if kind not in measures}
        problem = problem or NOT_SOLD_BY_AMOUNT
    return Reading(found, problem or ("" if found else NO_AMOUNT))


def is_sold_by_amount(name: str, category_path: str) -> bool:
    """Whether weight and volume of such a product are what the buyer gets."""
    if NOT_CONTENTS.search(category_path) or NOT_CONTENTS.search(name):
        return False
    return SOLD_BY_AMOUNT.search(category_path) is not None


def normalise(text: str) -> str:
    """NFKC in small letters; names of mobile networks are taken out, which would read as grams."""
    return _NETWORK.sub(" ", unicodedata.normalize("NFKC", text)).lower()


def _read_runs(text: str) -> list[_Run]:
    runs: list[_Run] = []
    run, joint, is_total, is_added = _Run(), "", False, False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup if token.lastgroup not in ("amount", "unit", "number", "piece") else ""
        kind = "measure" if token["measure"] else "count" if token["count"] else kind
        if kind == "bare" and joint != "times" and not _TIMES_AHEAD.match(text, token.end()):
            kind = "word"
        if kind in ("measure", "count", "bare"):
            if kind == "measure" and _PROPERTY_BEFORE.search(text[: token.start()].rstrip()):
                continue
            if not joint and (run.measures or run.counts):
                joint = "space"
            if not (run.measures or run.counts):
                run.is_total, run.is_added = is_total, is_added
            _take(run, token, kind, joint)
            joint, is_total, is_added = "", False, False
        elif kind in ("times", "comma"):
            joint = kind
        elif kind != "space":
            runs.append(run)
            run, joint = _Run(), ""
            is_total = kind == "total" or (is_total and kind != "word")
            is_added = kind == "plus"
    return [each for each in (*runs, run) if each.measures or any(piece for _number, piece in each.counts)]


def _take(run: _Run, token: re.Match[str], kind: str, joint: str) -> None:
    if run.measures or run.counts:
        run.joints.append(joint)
    if kind == "measure":
        base, factor = MEASURES[token["unit"]]
        run.measures.append((base, _number(token["amount"]) * factor))
        return
    run.counts.append((_number(token["number"] or token["bare"]), PIECES.get(token["piece"] or "", "")))


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def _settle(runs: Iterable[_Run]) -> tuple[dict[str, Fraction], str]:
    """The amounts of all runs together; two that disagree are none, unless one is said to be the total."""
    found: dict[str, Fraction] = {}
    totals: dict[str, Fraction] = {}
    spoilt: dict[str, str] = {}
    for run in runs:
        own, problem = _multiply(run)
        spoilt.update(problem)
        for kind, amount in own.items():
            if run.is_total:
                totals[kind] = amount
            elif run.is_added and kind in found:
                found[kind] += amount
            elif found.setdefault(kind, amount) != amount:
                spoilt[kind] = TWO_AMOUNTS
    found |= totals
    for kind in totals:
        spoilt.pop(kind, None)
    holders = [n for kind, n in found.items() if kind not in (GRAM, MILLILITRE) and n > 1]
    for kind in (GRAM, MILLILITRE):
        if kind in found and kind not in totals and holders and not any(_is_joined(run) for run in runs):
            spoilt[kind] = EACH_OR_ALL
    return {kind: n for kind, n in found.items() if kind not in spoilt and n > 0}, next(iter(spoilt.values()), "")


def _is_joined(run: _Run) -> bool:
    return bool(run.measures and run.counts)


def _multiply(run: _Run) -> tuple[dict[str, Fraction], dict[str, str]]:
    """One run's amounts by kind, and {kind: why not}."""
    if len(run.measures) > 1:
        return {}, {kind: TWO_AMOUNTS for kind, _amount in run.measures}
    numbers = Fraction(1)
    for number, _piece in run.counts:
        numbers *= number
    pieces = [piece for _number, piece in run.counts if piece]
    inner = next((piece for piece in pieces if piece not in OUTER), pieces[0] if pieces else "")
    is_signed = all(joint == "times" for joint in run.joints)
    counted = {inner: numbers} if inner and _are_joined(run, pieces, is_signed=is_signed) else {}
    if not run.measures:
        return counted, {} if counted or not inner else {inner: TWO_AMOUNTS}
    kind, amount = run.measures[0]
    if kind == "mg":
        return counted, {}
    if not run.counts or numbers == 1:
        return {kind: amount, **counted}, {}
    if is_signed and (not SHEETS.intersection(pieces) or (kind == GRAM and "티백" in pieces)):
        return {kind: amount * numbers, **counted}, {}
    if SHEETS.intersection(pieces):
        return counted, {}
    is_each = set(pieces) <= EACH[kind] or (run.joints == ["comma"] and pieces == ["개"])
    return ({kind: amount * numbers, **counted}, {}) if is_each and pieces else (counted, {kind: EACH_OR_ALL})


def _are_joined(run: _Run, pieces: list[str], *, is_signed: bool) -> bool:
    """Whether several counts may be multiplied: by a sign, or one holds the other (30매 10팩)."""
    return is_signed or len(run.counts) == 1 or bool(OUTER.intersection(pieces))


def _add_attributes(
    found: dict[str, Fraction], problem: str, attributes: Mapping[str, object]
) -> tuple[dict[str, Fraction], str]:
    """What the attributes say besides; a disagreement with the name makes the kind unclear."""
    read = {_squeeze(key): _settle(_read_runs(normalise(str(value))))[0] for key, value in attributes.items() if value}
    totals = _merge(read, TOTALS)
    counts = _merge(read, COUNTS)
    number = next((n for kind, n in counts.items() if kind not in SHEETS), Fraction(1))
    singles = {kind: n * number for kind, n in _merge(read, SINGLES).items()}
    contents = {kind: n for kind, n in _merge(read, CONTENTS).items() if kind in (GRAM, MILLILITRE)}
    if number > 1 and not singles:
        # The name's own amount may be that of one piece just as well.
        loose = [kind for kind in (*contents, *found) if kind in (GRAM, MILLILITRE) and kind not in totals]
        unclear = [kind for kind in loose if not any(n == number for held, n in found.items() if held == kind)]
        if unclear and not any(kind in found and kind not in (GRAM, MILLILITRE) for kind in counts):
            found = {kind: n for kind, n in found.items() if kind not in unclear}
            contents, problem = {}, problem or EACH_OR_ALL
    for source in (totals, singles, contents, counts):
        for kind, amount in source.items():
            if found.setdefault(kind, amount) != amount:
                if source is totals:
                    found[kind] = amount
                    continue
                problem = "이름과 속성에 적힌 양이 다릅니다"
                found = {held: n for held, n in found.items() if held != kind}
    return found, problem


def _squeeze(key: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", key))


def _merge(read: Mapping[str, dict[str, Fraction]], names: frozenset[str]) -> dict[str, Fraction]:
    return {kind: amount for key, amounts in read.items() if key in names for kind, amount in amounts.items()}
