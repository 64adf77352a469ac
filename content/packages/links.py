"""Download links that end by themselves: signed, for one package, and good without an account until then."""

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

SALT = "content.packages.download"


class LinkRefused(ValueError):
    """The link opens nothing (any more); says why and what to do, in Korean. is_expired: it once did."""

    def __init__(self, message: str, *, is_expired: bool) -> None:
        super().__init__(message)
        self.is_expired = is_expired


def sign_link(package_id: int) -> str:
    """The token of a link to a package, good for settings.PACKAGE_LINK_SECONDS from now."""
    return TimestampSigner(salt=SALT).sign(str(package_id))


def read_link(token: str) -> int:
    """The package that a token stands for. Raises LinkRefused."""
    try:
        return int(TimestampSigner(salt=SALT).unsign(token, max_age=settings.PACKAGE_LINK_SECONDS))
    except SignatureExpired as error:
        raise LinkRefused("링크의 기한이 지났습니다. 패키지 화면에서 새 링크를 받으세요.", is_expired=True) from error
    except (BadSignature, ValueError) as error:
        raise LinkRefused("잘못된 링크입니다. 패키지 화면에서 새 링크를 받으세요.", is_expired=False) from error
