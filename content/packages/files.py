"""Writing a file so that it is there in full or not at all."""

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from perfhooks.liveness import is_holder_alive, this_holder

_PART = re.compile(r"\..+\.[a-z]+\.\d+\.(?P<holder>.+)\.part")


def write_atomically(target: Path, data: bytes) -> None:
    """Write these bytes in full or not at all. Raises OSError. See `open_atomically`."""
    with open_atomically(target) as file:
        file.write(data)


@contextlib.contextmanager
def open_atomically(target: Path, *, is_forced: bool = True) -> Iterator[BinaryIO]:
    """A file to write to under a temporary name, forced to disk and renamed when the block ends without an error.

    is_forced: False for what can be made again and is held against its fingerprint when it is used: no wait for the disk.
    Whatever the block raises removes the temporary file. What a killed process left behind under a temporary name in the
    same folder is removed first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_strays(target.parent)
    part = target.with_name(f".{target.name}.{threading.get_native_id()}.{this_holder()}.part")
    try:
        with part.open("w+b") as file:
            yield file
            file.flush()
            if is_forced:
                os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    if is_forced:
        _sync_folder(target.parent)


def remove_strays(folder: Path) -> int:
    """Remove temporary files whose process is dead; returns how many."""
    strays = [part for part in folder.glob(".*.part") if _is_stray(part.name)]
    for part in strays:
        part.unlink(missing_ok=True)
    return len(strays)


def _is_stray(name: str) -> bool:
    found = _PART.fullmatch(name)
    return found is not None and not is_holder_alive(found["holder"])


def _sync_folder(folder: Path) -> None:
    """Force the rename itself to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
