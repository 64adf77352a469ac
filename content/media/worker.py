"""The child process that decodes: it reads orders from its input and writes what it made to its output.

`python -m content.media.worker`. An order is a line of JSON, then `size` bytes; an answer is a line of JSON, then the blobs
whose lengths it names. The process imports nothing of Django, has a bounded address space, keeps no secrets in its
environment and ends when its parent is gone.
"""

import json
import os
import resource
import select
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from content.media.pictures import convert_picture, inspect_picture
from content.media.recipe import ClipRecipe, MediaRefused, PictureRecipe

PARENT_CHECK_SECONDS = 5.0
OPEN_FILES_LIMIT = 64
OUT_OF_MEMORY = "처리에 필요한 메모리가 한도를 넘습니다. 크기를 줄여 올리세요."


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Answer orders until the input ends or the parent is gone."""
    parent = os.getppid()
    while _has_order(orders, parent):
        line = orders.readline()
        if not line:
            return
        order = json.loads(line)
        data = orders.read(order["size"])
        if len(data) < order["size"]:
            return
        head, blobs = answer(order, data)
        head["sizes"] = [len(blob) for blob in blobs]
        answers.write(json.dumps(head).encode() + b"\n")
        for blob in blobs:
            answers.write(blob)
        answers.flush()


def answer(order: dict[str, Any], data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What one order gives: facts and bytes, or the reason of a refusal."""
    try:
        if order["op"] == "picture":
            converted, facts = convert_picture(data, PictureRecipe(**order["recipe"]))
            return {"facts": asdict(facts)}, [converted]
        if order["op"] == "inspect":
            return {"facts": asdict(inspect_picture(data, PictureRecipe(**order["recipe"])))}, []
        return _answer_clip(order)
    except MediaRefused as error:
        return {"fault": str(error)}, []
    except MemoryError:
        return {"fault": OUT_OF_MEMORY, "is_over": True}, []


def _answer_clip(order: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    from content.media.clips import read_clip  # FFmpeg costs 0.2 s, which pictures need not pay

    copy_to = Path(order["copy_to"]) if order["copy_to"] else None
    frames, facts = read_clip(Path(order["path"]), ClipRecipe(**order["recipe"]), copy_to=copy_to)
    return {"facts": asdict(facts)}, frames


def _has_order(orders: BinaryIO, parent: int) -> bool:
    """Wait for an order; False when the parent died while another process held its end of the pipe open."""
    while True:
        ready, _writable, _failed = select.select([orders], [], [], PARENT_CHECK_SECONDS)
        if ready:
            return True
        if os.getppid() != parent:
            return False


def limit_process(memory_bytes: int) -> None:
    """Bound what this process may take."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES_LIMIT, OPEN_FILES_LIMIT))


if __name__ == "__main__":
    limit_process(int(sys.argv[1]))
    # Orders come one at a time, so that no buffer can hide one from select.
    serve(sys.stdin.buffer, sys.stdout.buffer)
