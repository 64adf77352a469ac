"""Packages in a bucket of S3 or of a service that speaks its language, by django-storages.

`PACKAGE_STORAGE=content.packages.bucket.PackageBucket`, the bucket's name and address in PACKAGE_STORAGE_OPTIONS, the keys in
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. What fails is told as by a folder: FileNotFoundError, or another OSError.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

IN_MEMORY_BYTES = 8 * 1024 * 1024
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 60, 3
ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


class PackageBucket(S3Storage):  # type: ignore[misc]
    """A bucket whose objects are there in full or not at all; writing one again replaces it."""

    def get_default_settings(self) -> dict[str, Any]:
        """django-storages' settings; bounded waits, and a downloaded file beyond 8 MB lies on the disk."""
        known: dict[str, Any] = super().get_default_settings()
        # Only the checksums that a service must have: few besides AWS know the newer ones.
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"max_attempts": ATTEMPTS, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return {**known, "file_overwrite": True, "max_memory_size": IN_MEMORY_BYTES, "client_config": config}

    def exists(self, name: str) -> bool:
        """Whether the object is there. Raises OSError."""
        with self._telling(name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        """Its length in bytes. Raises FileNotFoundError, or another OSError when there is no such bucket at all."""
        try:
            with self._telling(name):
                return int(super().size(name))
        except FileNotFoundError:
            # The answer is the same 404 for both, and by a wrong name all packages would count as lost.
            self._require_bucket(name)
            raise

    def delete(self, name: str) -> None:
        """Remove it; one that is gone already is no error. Raises OSError."""
        with self._telling(name):
            super().delete(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Folders and files. Raises OSError."""
        with self._telling(name):
            folders, files = super().listdir(name)
            return folders, files

    def get_modified_time(self, name: str) -> datetime:
        """When it was written, aware. Raises OSError."""
        with self._telling(name):
            written: datetime = super().get_modified_time(name)
            return written

    def _open(self, name: str, mode: str = "rb") -> Any:
        with self._telling(name):
            file = super()._open(name, mode)
            file.open()  # downloaded now: what fails is told here and not while it is read
            return file

    def _save(self, name: str, content: Any) -> str:
        with self._telling(name):
            return str(super()._save(name, content))

    def _require_bucket(self, name: str) -> None:
        try:
            self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
        except (ClientError, BotoCoreError) as error:
            raise self._explain("NoSuchBucket", name) from error

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ABSENT:
                raise FileNotFoundError(errno.ENOENT, "no such object", name) from error
            raise self._explain(code, name) from error
        except (BotoCoreError, Boto3Error) as error:
            raise self._explain(type(error).__name__, name) from error

    def _explain(self, cause: str, name: str) -> OSError:
        words = f"버킷 '{self.bucket_name}'을(를) 읽고 쓸 수 없습니다({cause})."
        return OSError(errno.EIO, f"{words} PACKAGE_STORAGE_OPTIONS의 주소와 접근 키의 권한을 확인하세요.", name)
