"""Where uploaded and fetched pictures lie, and whether they are still what they were."""

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage

from content.packages.files import open_atomically

if TYPE_CHECKING:
    _BytesFile = File[bytes]
else:
    _BytesFile = File


class WholeFileStorage(FileSystemStorage):
    """A local folder whose files are there in full or not at all, whatever was killed or ran full meanwhile.

    Object stores keep that promise by themselves.
    """

    def _save(self, name: str, content: Any) -> str:
        target = Path(self.path(name))
        with open_atomically(target, is_forced=not getattr(content, "is_remade", False)) as file:
            for chunk in content.chunks():
                file.write(chunk if isinstance(chunk, bytes) else chunk.encode())
        if self.file_permissions_mode is not None:
            target.chmod(self.file_permissions_mode)
        return name.replace("\\", "/")


def is_intact(name: str, sha256: str) -> bool:
    """Whether the stored file is there and has this fingerprint. Raises OSError when it cannot be read."""
    if not default_storage.exists(name):
        return False
    with default_storage.open(name) as file:
        return hashlib.sha256(file.read()).hexdigest() == sha256


class Remade(_BytesFile):
    """A file that can be made again from what is kept, and is not worth a wait for the disk (43 ms on a busy one)."""

    is_remade = True


def keep_file(name: str, data: bytes, *, sha256: str, is_remade: bool = False) -> str:
    """Keep bytes under a name that is derived from their fingerprint; returns the name. Raises OSError.

    What lies there already is trusted only if it has the fingerprint: a torn file is replaced. is_remade: see Remade.
    """
    if is_intact(name, sha256):
        return name
    default_storage.delete(name)
    content = Remade(io.BytesIO(data), name=name) if is_remade else ContentFile(data)
    return default_storage.save(name, content)
