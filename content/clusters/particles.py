"""Where a Korean word ends: what may follow a noun within one eojeol.

Particles agree with the noun's last syllable (청소기를, 제품을), which tells them from the beginning of another noun.
"""

import re

_TAIL = r"(?:은|는|도|만|의)?"
_ANY = "의|에|에서|에게|한테|도|만|까지|부터|처럼|보다|하고|마다|조차|마저|밖에|만큼|대로|뿐|들|들이|들은|들을|들의|이다|입니다|인데"
_AFTER_FINAL = "을|은|이|과|으로|으로서|으로써|이랑|이나|이란|이라면|이라도|이라고|이라는|이며|이고|이야말로"
_AFTER_VOWEL = "를|는|가|와|로|로서|로써|랑|나|란|라면|라도|라고|라는|며|고|야말로"
_AFTER_RIEUL = _AFTER_FINAL.replace("|으로|으로서|으로써", "|로|로서|로써")


def _compile(particles: str) -> re.Pattern[str]:
    ordered = sorted(f"{particles}|{_ANY}".split("|"), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(ordered)}){_TAIL}(?!\w)")


_FINAL, _VOWEL, _RIEUL = _compile(_AFTER_FINAL), _compile(_AFTER_VOWEL), _compile(_AFTER_RIEUL)
_EITHER = _compile(f"{_AFTER_FINAL}|{_AFTER_VOWEL}")
_FIRST, _LAST = "가", "힣"
FINALS = 28
RIEUL = 8


def is_whole_word(text: str, start: int, end: int) -> bool:
    """Whether the span is a word of the text, or a noun with its particles after it, and no part of a longer one."""
    if start and _is_letter(text[start - 1]):
        return False
    if end >= len(text) or not _is_letter(text[end]):
        return True
    return _choose(text[end - 1]).match(text, end) is not None


def read_final(sign: str) -> int:
    """The place of a syllable's final consonant among the 27, 0 without one; -1 of what is no Hangul syllable."""
    return (ord(sign) - ord(_FIRST)) % FINALS if _FIRST <= sign <= _LAST else -1


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _choose(last: str) -> re.Pattern[str]:
    final = read_final(last)
    return _EITHER if final < 0 else _VOWEL if final == 0 else _RIEUL if final == RIEUL else _FINAL
