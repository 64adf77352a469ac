"""Amounts of money and shares in a text, and what their surroundings make of them."""

import re
from typing import NamedTuple

from content.disclosure import literals_words as words
from content.disclosure.literals_amounts import read_amount

LEFT_LENGTH = 26
OFFER_LIMIT_WON = 1_000_000_000
"""Nobody sells a thing for so much by a post: it is turnover, a budget, a prize."""
COIN_VALUES = frozenset({1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000})


class Hit(NamedTuple):
    """A finding in the text that is read. value: whole won."""

    start: int
    end: int
    kind: str
    value: int | None
    rule: str


def find_amounts(text: str) -> list[Hit]:
    """Every price, range, unit price, discount, coupon and benefit that has an amount; positions in the text."""
    hits: list[Hit] = []
    at = 0
    while beginning := words.BEGINNING.search(text, at):
        start = beginning.start()
        found = words.NUMBER.match(text, start)
        hit = _judge(text, found) if found else None
        if hit:
            at = hit.end
            hits.append(hit)
        # A word that begins like a numeral (재료비만 2만원) must not swallow the amount behind it.
        elif found and text[start] in "0123456789":
            at = found.end()
        else:
            at = start + 1
    return hits


def _judge(text: str, found: re.Match[str]) -> Hit | None:
    start = found.start()
    left = text[max(0, start - LEFT_LENGTH) : start]
    back = left[::-1]
    if found["sign"]:
        return _judge_signed(text, found, left, back)
    if found["percent"]:
        return _judge_share(text, found, left, back)
    if found["range_mark"]:
        return _judge_range(text, found, left, back)
    if found["mark"]:
        return _judge_marked(text, found, left, back)
    return _judge_bare(text, found, left, back)


def _judge_share(text: str, found: re.Match[str], left: str, back: str) -> Hit | None:
    start, end = found.span()
    if left and left[-1] in "0123456789.,":
        return None
    tail = words.SHARE_TAIL.match(text, end)
    named = _find_word_ahead(back, tail.lastgroup if tail else None)
    if named:
        kind, length = named
        return Hit(start - length, end, kind, None, "word_share")
    if tail:
        return Hit(start, tail.end(), tail.lastgroup or "", None, "share")
    before = words.LEFT_SHARE.match(back)
    if before and not words.SAVED_OTHER.match(text, end):
        return Hit(start - before.end(), end, "discount", None, "word_share")
    return None


def _judge_signed(text: str, found: re.Match[str], left: str, back: str) -> Hit | None:
    start, end = found.span()
    sign = found["sign"]
    if sign[0].isalpha() and left and (left[-1].isalnum() and left[-1].isascii()):
        return None
    if sign.lower() == "won" and not (words.WON_AHEAD.search(left) or "가" <= text[end : end + 1] <= "힣"):
        return None
    is_won = sign in ("₩", "KRW") or sign.lower() in ("won", "w")
    value = _to_won(found["signed"]) if is_won else None
    if words.LEFT_NOT_OFFER.match(back) or words.LEFT_NOT_OFFER_ENGLISH.search(left):
        return None
    if words.LARGE_ENGLISH.match(text, end):
        return None
    return _finish(text, (start, end), left, back, value, is_range=found["to"] is not None, rule="sign")


def _judge_range(text: str, found: re.Match[str], left: str, back: str) -> Hit | None:
    start, end = found.span()
    mark, high = found["range_mark"], found["high"]
    if not _is_free(text, found.start("range_mark"), mark, high) or not _may_begin(text, start, found["amount"]):
        return None
    if words.LEFT_NOT_OFFER.match(back):
        return None
    value = None
    if mark.lower().endswith(("원", "₩", "won", "krw")):
        value = _read_low(found["amount"], high, is_marked=found["low_mark"] is not None)
        if value is None:
            return None
    return _finish(
        text, (start, end), left, back, value, is_range=True, rule="won" if value is not None else "currency"
    )


def _judge_marked(text: str, found: re.Match[str], left: str, back: str) -> Hit | None:
    start, end = found.span()
    mark, amount = found["mark"], found["amount"]
    if not _may_begin(text, start, amount) or not _is_free(text, found.start("mark"), mark, amount):
        return None
    is_won = mark in ("원", "₩") or mark.lower().endswith(("won", "krw"))
    value = _to_won(amount)
    if value is None or value >= OFFER_LIMIT_WON:
        return None
    if is_won and (
        (words.FOREIGN.search(left) and words.LEFT_RATE.search(left)) or _is_full_house(text, end, amount, left)
    ):
        return None
    if not is_won and words.RIGHT_RATE.match(text, end):
        return None
    if amount in ("만", "천") and words.NAMED_FOR_MONEY.match(text, end):
        return None
    if words.LEFT_NOT_OFFER.match(back) or words.RIGHT_NOT_OFFER.match(text, end):
        return None
    return _finish(text, (start, end), left, back, value if is_won else None, rule="won" if is_won else "currency")


def _judge_bare(text: str, found: re.Match[str], left: str, back: str) -> Hit | None:
    """2.9만 or 29,900 without a currency: money after a word of price or before one of buying."""
    start, end = found.span()
    amount = found["amount"]
    is_written_as_money = "," in amount or amount[-1] in "만천백" or "만" in amount
    if not amount[0].isdigit() or not (is_written_as_money or words.ROUND.fullmatch(amount)):
        return None
    if (left and ((left[-1].isalnum() and left[-1].isascii()) or left[-1] in ",.-")) or words.COUNTERS.match(text, end):
        return None
    value = _to_won(amount)
    if value is None:
        return None
    if words.LEFT_PRICE.match(back) or words.RIGHT_BOUGHT.match(text, end):
        return _finish(text, (start, end), left, back, value, rule="bare")
    return None


def _finish(
    text: str, span: tuple[int, int], left: str, back: str, value: int | None, *, rule: str, is_range: bool = False
) -> Hit | None:
    """Money, and what stands before and after it."""
    start, end = span
    tail = words.AMOUNT_TAIL.match(text, end)
    kind = tail.lastgroup if tail else None
    if kind == "coin":
        return None if value in COIN_VALUES else Hit(start, end, "price", value, rule)
    before = words.LEFT_UNIT.search(left) if "당" in left else None
    if before and not words.NOT_UNIT.search(before[0]):
        return Hit(start - len(before[0].lstrip()), end, "unit_price", value, "unit_ahead")
    named = _find_word_ahead(back, kind)
    if named:
        return Hit(start - named[1], end, named[0], value, "word_amount")
    before = words.LEFT_SAVE.match(back)
    if before:
        return Hit(start - before.end(), end, "discount", value, "save")
    if is_range and kind in (None, "approx"):
        stop = tail.end() if tail and tail[0].lstrip()[0] in "대초중후" else end
        return Hit(start, stop, "range", value, rule)
    if tail and kind:
        return Hit(start, tail.end(), kind, value, rule)
    return Hit(start, end, "price", value, rule)


def _find_word_ahead(back: str, kind: str | None) -> tuple[str, int] | None:
    """(kind, length of the word) of 쿠폰 5,000원 and 적립금 5,000원; what follows the amount may be of more weight."""
    if kind != "coupon" and (before := words.LEFT_COUPON.match(back)):
        return "coupon", before.end()
    if kind in (None, "approx") and (before := words.LEFT_BENEFIT.match(back)):
        return "benefit", before.end()
    return None


def _may_begin(text: str, start: int, amount: str) -> bool:
    """Whether an amount may begin here: no tail of a longer number, a model or a phone number, no part of a word."""
    if start == 0:
        return True
    before = text[start - 1]
    if before in "0123456789":
        return False
    if before in ".,-" and start > 1 and text[start - 2].isalnum() and text[start - 2].isascii():
        if before == "," and text[start - 2].isdigit() and not text[: start - 2][-1:].isdigit():
            return amount[0].isdigit() and len(amount) < 4 and not amount.isdigit()  # 3,4만원: three or four
        return before == "-" and "," in amount and not text[start - 2].isdigit()
    if words.HANGUL_LED.match(amount):
        head = text[max(0, start - 6) : start]
        if words.VAGUE.search(head):
            return False
        return not before.isalnum() or bool(words.GLUE.search(head))
    if before.isalpha() and before.isascii():
        return "," in amount
    return not words.VAGUE.search(text[max(0, start - 2) : start]) or amount[0].isdigit()


def _is_free(text: str, at: int, mark: str, amount: str) -> bool:
    """Whether the mark is the currency and not the beginning of another word."""
    end = at + len(mark)
    if mark == "원":
        if words.NOT_WON.match(text, at) or (amount[0] == "조" and len(amount) == 1):
            return False
        return words.AFTER_WON.match(text, end) is not None
    after = words.AFTER_COIN.get(mark)
    if after:
        return after.match(text, end) is not None
    if mark.lower().endswith("won"):
        value = read_amount(amount) or 0
        return value >= 100 and not words.WON_VERB.match(text, end)
    return True


def _is_full_house(text: str, end: int, amount: str, left: str) -> bool:
    """Whether 만원 says that a place is full."""
    if amount != "만" or text[end - 2 : end] != "만원":
        return False
    if words.FULL_RIGHT.match(text, end):
        return True
    return words.FULL_LEFT.search(left) is not None and words.FULL_ENDING.match(text, end) is not None


def _to_won(amount: str) -> int | None:
    value = read_amount(amount)
    return None if value is None else int(value)


def _read_low(low: str, high: str, *, is_marked: bool) -> int | None:
    """The lower end of a range: in 2~3만원 the unit of the upper end counts for both."""
    first, second = read_amount(low), read_amount(high)
    if first is None or second is None:
        return None
    unit = high.lstrip("0123456789.,")[:1]
    if not is_marked and low[-1].isdigit() and unit and first < 1_000:
        shared = read_amount(f"{low}{unit}")
        return None if shared is None else int(shared)
    return int(first)
