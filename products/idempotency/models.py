"""The answers to requests that carried an Idempotency-Key."""

from django.db import models

KEY_LENGTH = 255


class KeptAnswer(models.Model):
    """What a caller was answered under a key; written in the transaction of the change that it answers for."""

    caller = models.CharField("호출자", max_length=40, help_text="token:번호 또는 user:번호")
    key = models.CharField("키", max_length=KEY_LENGTH, help_text="Idempotency-Key 머리글")
    request_hash = models.CharField("요청 지문", max_length=32)
    status = models.PositiveSmallIntegerField("응답 상태")
    body = models.TextField("응답 본문")
    etag = models.CharField("ETag", max_length=80, blank=True)
    expires_at = models.DateTimeField("만료", db_index=True)

    class Meta:
        verbose_name = "한 번만 처리한 요청"
        verbose_name_plural = "한 번만 처리한 요청"
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="kept_answer_once")]
