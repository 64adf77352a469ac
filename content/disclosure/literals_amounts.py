"""Amounts as people write them, and their value: 29,900 · 2만9천 · 2만 9,900 · 이만구천 · 1.5만 · 29.900 (a slip of the pen)."""

import re

_SLIPPED = (
    r"(?:[0-9]{1,3}(?:[·、'’][0-9]{3})+|[0-9]{2,3}(?:, | ,)[0-9]{3}|[0-9]{2,3},[0-9]{2}|[0-9]{1,3},[0-9]{4})"
    r"(?=\s?원(?!(?:짜리)?\s?(?:동전|지폐|주화)))"
)
"""29, 900 · 29'900 · 29,9000: the wrong mark, or the wrong number of figures, before 원."""
DIGITS = rf"(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])|{_SLIPPED}|[0-9]+)(?:\.[0-9]+)?"
SINO = "일이삼사오육륙칠팔구"
SMALL_UNITS = {"십": 10, "백": 100, "천": 1_000}
LARGE_UNITS = {"만": 10_000, "억": 100_000_000, "조": 1_000_000_000_000}
UNITS = "".join((*SMALL_UNITS, *LARGE_UNITS))
ABOUT = "일이|이삼|삼사|사오|오륙|육칠|칠팔|팔구"
"""Two numerals in a row: 이삼만 원 is two or three times ten thousand."""
_APART = r"(?: (?=[십백천]?만[0-9십백천 ]{0,8}원))?"
"""5 만원: the number and its unit apart."""
MIXED = rf"(?:(?:{DIGITS}{_APART}|{ABOUT}|[{SINO}])?[{UNITS}](?: (?=[0-9{SINO}십백천만]))?){{1,9}}(?:{DIGITS}|[{SINO}](?=\s?(?:원|달러|위안|유로)))?"
AMOUNT = rf"(?:{MIXED}|{DIGITS})"
VALUE_LIMIT = 10**15
"""Amounts of this many won or more are no prices."""

_TOKEN = re.compile(rf"{DIGITS}|(?:{ABOUT})|[{SINO}{UNITS}]")
_SLIP = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,4}(?:[·、'’, ]{1,2}[0-9]{2,4})+")


def read_amount(text: str) -> float | None:
    """The number that is written here; None for what is no number: 만만, 3천5만천, an empty text."""
    if _SLIP.fullmatch(text):
        return float("".join(sign for sign in text if sign.isdigit()))
    total = section = 0.0
    pending: float | None = None
    last_large, last_small = VALUE_LIMIT, LARGE_UNITS["만"]
    for token in _TOKEN.findall(text):
        if token in LARGE_UNITS:
            unit = LARGE_UNITS[token]
            if unit >= last_large:
                return None
            total += (section + (pending or 0.0) or 1) * unit
            section, pending, last_large, last_small = 0.0, None, unit, LARGE_UNITS["만"]
        elif token in SMALL_UNITS:
            unit = SMALL_UNITS[token]
            if unit >= last_small:
                return None
            section += (1 if pending is None else pending) * unit
            pending, last_small = None, unit
        elif pending is not None:
            return None
        else:
            pending = _read_digit(token)
    value = total + section + (pending or 0.0)
    return value if value < VALUE_LIMIT else None


def _read_digit(token: str) -> float:
    if token[0] in SINO:
        token = token[0]
        return float(SINO.index(token) + 1 - (SINO.index(token) >= SINO.index("륙")))
    return float(token.replace(",", ""))
