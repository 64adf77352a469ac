"""The token signature, against the documented vector."""

import base64

import bcrypt
import pytest

from products.storesync.signature import SecretShapeError, canonicalise_salt, sign_request

GOLDEN = "JDJhJDEwJGFiY2RlZmdoaWprbG1ub3BxcnN0dXVCVldZSk42T0VPdEx1OFY0cDQxa2IuTnpVaUEzbmsy"
CHEAP = "$2a$04$abcdefghijklmnopqrstu"


@pytest.mark.parametrize("last", ["u", "v"], ids=["canonical", "as the documents print it"])
def test_the_documented_vector(last: str) -> None:
    secret = "$2a$10$abcdefghijklmnopqrstu" + last
    signed = sign_request(client_id="aaaabbbbcccc", client_secret=secret, timestamp_ms=1643961623299)
    assert signed == GOLDEN


@pytest.mark.parametrize(
    ("last", "canonical"),
    [(".", "."), ("/", "."), ("N", "."), ("O", "O"), ("d", "O"), ("e", "e"), ("t", "e"), ("9", "u")],
)
def test_spare_bits_are_cleared(last: str, canonical: str) -> None:
    assert canonicalise_salt(CHEAP + last) == CHEAP + canonical


def test_a_canonical_secret_signs_as_bcrypt_itself_does() -> None:
    expected = bcrypt.hashpw(b"id_1", (CHEAP + "e").encode())
    signed = sign_request(client_id="id", client_secret=CHEAP + "e", timestamp_ms=1)
    assert base64.b64decode(signed) == expected


@pytest.mark.parametrize("secret", ["", "plain-secret", "$2a$04$short", CHEAP + "uu", CHEAP + "한"])
def test_a_secret_of_another_shape_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(SecretShapeError, match="STORE_CLIENT_SECRET") as caught:
        sign_request(client_id="id", client_secret=secret, timestamp_ms=1)
    assert not secret or secret not in str(caught.value)
