"""Where packages lie: a folder by default, any storage of Django's by the setting, and the same promise of whole files."""

import errno
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from content.packages.files import open_atomically, remove_strays

ALIAS = "packages"


class PackageFolder(FileSystemStorage):
    """The folder settings.PACKAGE_DIR."""

    @property
    def base_location(self) -> str:
        """The folder as the settings have it now."""
        return str(settings.PACKAGE_DIR)

    @property
    def location(self) -> str:
        """The folder's full path."""
        return str(Path(settings.PACKAGE_DIR).absolute())


def get_storage() -> Storage:
    """The storage of packages."""
    return storages[ALIAS]


def get_folder() -> Path | None:
    """The folder in which packages lie; None for a storage that is none."""
    storage = get_storage()
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


def locate_file(name: str) -> str:
    """Where a package's file lies, for a person: its path, or its name in a storage that is no folder."""
    folder = get_folder()
    return str(folder / name) if folder is not None else name


def store_package(name: str, write: Callable[[BinaryIO], None]) -> tuple[str, int]:
    """Let `write` fill a file that is then there under this name in full, or not at all; returns (SHA-256, bytes).

    A folder gets it under a temporary name and a rename; another storage gets it from a temporary file in one piece.
    Raises OSError and whatever `write` raises.
    """
    folder = get_folder()
    if folder is not None:
        with open_atomically(folder / name) as file:
            write(file)
            return _describe(file)
    with tempfile.TemporaryFile() as file:
        write(file)
        facts = _describe(file)
        _replace(get_storage(), name, File(file, name=name))
        return facts


def _replace(storage: Storage, name: str, file: "File[bytes]") -> None:
    """Where a storage writes over what is there, the earlier file stays until the new one is whole."""
    if not getattr(storage, "file_overwrite", False):
        storage.delete(name)
    kept = storage.save(name, file)
    if kept != name:
        storage.delete(kept)
        raise FileExistsError(errno.EEXIST, "written by another process at the same moment", name)


def is_whole(name: str, size_bytes: int) -> bool:
    """Whether the file is there in full length. Raises OSError when the storage does not answer: nothing is lost by that."""
    try:
        return get_storage().size(name) == size_bytes
    except (FileNotFoundError, NotADirectoryError):
        return False


def remove_package(name: str) -> None:
    """Remove a package's file; one that is gone already is no error. Raises OSError."""
    get_storage().delete(name)


def sweep_strays() -> int:
    """Remove the temporary files of dead processes from all folders of packages; returns how many."""
    folder = get_folder()
    if folder is None or not folder.exists():
        return 0
    return sum(remove_strays(each) for each in [folder, *(path for path in folder.iterdir() if path.is_dir())])


def _describe(file: IO[bytes]) -> tuple[str, int]:
    size = file.tell()
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return digest, size
