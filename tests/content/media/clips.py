"""Small clips for tests."""

from pathlib import Path

import av
import numpy as np

FPS = 10


def write_clip(path: Path, *, seconds: int = 2, location: str = "") -> bytes:
    """An H.264 clip of 320x180 with a keyframe a second, black in its first second; returns its bytes."""
    ground = np.random.default_rng(7).integers(0, 255, (12, 20, 3), dtype=np.uint8).repeat(15, 0).repeat(16, 1)
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        if location:
            container.metadata["location"] = location
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": str(FPS), "threads": "1"}
        for at in range(seconds * FPS):
            pixels = np.zeros_like(ground) if at < FPS else np.roll(ground, 2 * at, 1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()
