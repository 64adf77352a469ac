"""The credentials of one application of one store."""

from dataclasses import dataclass, field

HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class StoreAccount:
    """Where the store answers and who asks. The secret appears in no repr, log line or row."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)

    def conceal(self, text: str, *secrets: str) -> str:
        """The text without the client secret and the given ones (tokens, signatures), should a reply echo them."""
        for secret in (self.client_secret, *secrets):
            text = text.replace(secret, HIDDEN) if secret else text
        return text
