"""The tokens of machines. What opens the API is never stored, only its hash."""

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from operations.apitokens.secrets import PREFIX_LENGTH


class ApiToken(models.Model):
    """One token of one user: it may do what its scopes and the user's rights both allow."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name="사용자")
    name = models.CharField("이름", max_length=80, help_text="어디에 쓰는 토큰인지")
    prefix = models.CharField("앞자리", max_length=PREFIX_LENGTH, unique=True)
    hash = models.CharField("해시", max_length=64, help_text="토큰 전체의 SHA-256")
    scopes = models.JSONField("범위", default=list)
    created_at = models.DateTimeField("만든 때", auto_now_add=True)
    expires_at = models.DateTimeField("만료")
    last_used_at = models.DateTimeField("마지막 사용", null=True, blank=True)
    revoked_at = models.DateTimeField("폐기", null=True, blank=True)

    class Meta:
        verbose_name = "API 토큰"
        verbose_name_plural = "API 토큰"
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="api_token_once_per_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown})"

    @property
    def shown(self) -> str:
        """As much of the token as may be shown."""
        return f"jb_{self.prefix}_…"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()
