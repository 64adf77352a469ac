"""A clip read without decoding it: length and size, a bounded number of keyframes, and a copy without metadata.

Only MP4 and MOV by their first bytes, and always with that one demuxer: FFmpeg's guess would follow playlists to other files.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError
from PIL import Image, ImageStat

from content.media.pictures import write_picture
from content.media.recipe import ClipFacts, ClipRecipe, MediaRefused, PictureFacts

DARK_MEAN = 16
CODECS = frozenset({"h264", "hevc", "mpeg4", "av1", "vp9"})
ADVICE = "H.264 MP4로 저장한 파일을 올리세요."
KEPT_STREAMS = ("video", "audio")


def read_clip(source: Path, recipe: ClipRecipe, *, copy_to: Path | None = None) -> tuple[list[bytes], ClipFacts]:
    """JPEGs of keyframes with the poster first, and the clip's facts. copy_to: where a copy without metadata is written.

    Raises MediaRefused.
    """
    size = source.stat().st_size
    if size > recipe.size_limit_bytes:
        limit = recipe.size_limit_bytes / 1e6
        raise MediaRefused(
            f"파일이 {size / 1e6:.1f} MB로 한도 {limit:.0f} MB를 넘습니다. 짧게 자르거나 화질을 낮추세요."
        )
    with source.open("rb") as file:
        if file.read(12)[4:8] != b"ftyp":
            raise MediaRefused(f"MP4, MOV가 아닌 파일입니다. {ADVICE}")
    try:
        with av.open(str(source), format="mov", options={"protocol_whitelist": "file"}) as container:
            pictures, facts = _read(container, recipe)
        if copy_to is not None:
            copy_clean(source, copy_to)
    except (FFmpegError, ValueError, OSError, IndexError) as error:
        if isinstance(error, MediaRefused):
            raise
        raise MediaRefused(f"파일이 잘렸거나 손상되어 열 수 없습니다. 원본에서 다시 저장한 {ADVICE}") from error
    return pictures, facts


def _read(container: Any, recipe: ClipRecipe) -> tuple[list[bytes], ClipFacts]:
    if not container.streams.video:
        raise MediaRefused(f"영상이 없는 파일입니다. {ADVICE}")
    stream = container.streams.video[0]
    context = stream.codec_context
    seconds = float(container.duration or 0) / av.time_base
    if context.name not in CODECS:
        raise MediaRefused(f"영상 방식 {context.name}은(는) 쓸 수 없습니다. {ADVICE}")
    if max(context.width, context.height) > recipe.side_limit_px:
        raise MediaRefused(
            f"{context.width}x{context.height} 픽셀로 한도 {recipe.side_limit_px:,} 픽셀을 넘습니다. 작게 저장하세요."
        )
    if not 0 < seconds <= recipe.seconds_limit:
        raise MediaRefused(f"길이가 {seconds:.1f}초로 한도 {recipe.seconds_limit:.0f}초를 넘습니다. 짧게 자르세요.")
    # One at a time: a decoded frame of 1080p takes 8 MB.
    written = [_write_frame(frame, recipe) for frame in _decode_keyframes(container, stream, recipe)]
    if not written:
        raise MediaRefused(f"그림을 꺼낼 수 없는 영상입니다. {ADVICE}")
    bright = next((at for at, frame in enumerate(written) if frame[2]), 0)
    ordered = [written[bright], *written[:bright], *written[bright + 1 :]]
    facts = tuple(fact for _data, fact, _is_bright in ordered)
    is_upright = (facts[0].width > facts[0].height) == (context.width > context.height)
    width, height = (context.width, context.height) if is_upright else (context.height, context.width)
    return [each[0] for each in ordered], ClipFacts(round(seconds, 3), width, height, context.name, facts)


def _decode_keyframes(container: Any, stream: Any, recipe: ClipRecipe) -> Iterator[Any]:
    """Some keyframes, evenly spread: found by reading packets, of which only the chosen ones reach the decoder."""
    context = stream.codec_context
    context.thread_type, context.thread_count, context.skip_frame = "SLICE", 1, "NONKEY"
    times = [packet.pts for packet in container.demux(stream) if packet.is_keyframe and packet.pts is not None]
    count = min(recipe.frames, len(times))
    for at in range(count):
        wanted = times[at * len(times) // count]
        container.seek(wanted, stream=stream)
        packet = next((each for each in container.demux(stream) if each.is_keyframe and each.pts is not None), None)
        if packet is None:
            continue
        found = [*context.decode(packet), *context.decode(None)]
        context.flush_buffers()
        yield from found[:1]


def _write_frame(frame: Any, recipe: ClipRecipe) -> tuple[bytes, PictureFacts, bool]:
    """A keyframe as JPEG, its facts, and whether it is bright enough for a poster."""
    image = _draw(frame, recipe)
    is_bright = _is_bright(image)
    return (*write_picture(image, quality=recipe.quality), is_bright)


def _draw(frame: Any, recipe: ClipRecipe) -> Image.Image:
    scale = min(1.0, recipe.frame_side_px / max(frame.width, frame.height))
    size = (max(2, round(frame.width * scale)), max(2, round(frame.height * scale)))
    image: Image.Image = frame.reformat(width=size[0], height=size[1], format="rgb24", interpolation="AREA").to_image()
    turn = int(getattr(frame, "rotation", 0) or 0)
    return image.rotate(turn, expand=True) if turn % 360 else image


def _is_bright(image: Image.Image) -> bool:
    return ImageStat.Stat(image.convert("L").reduce(8)).mean[0] >= DARK_MEAN


def copy_clean(source: Path, target: Path) -> None:
    """The same pictures and sound in a new MP4 without place, device or time; the same bytes each time."""
    with (
        av.open(str(source), format="mov", options={"protocol_whitelist": "file"}) as given,
        av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact", "movflags": "+disable_chpl"}) as made,
    ):
        kept = [stream for kind in KEPT_STREAMS for stream in getattr(given.streams, kind)[:1]]
        copies = {stream.index: made.add_stream_from_template(stream) for stream in kept}
        for copy in copies.values():
            copy.metadata.clear()
        for packet in given.demux(kept):
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                made.mux(packet)
