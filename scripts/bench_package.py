"""Packages of photographs, cold and cached, beside the plain way; on the database that DATABASE_URL names.

    python scripts/bench_package.py [--images 3 10 30] [--quick] [--json] ...

The photographs are 4000x3000 JPEGs of 2.5 MB with noise and texture (fixed seed), the clip 30 s of 1080p H.264 with a keyframe
every two seconds. All lie in a temporary folder. What is timed:

    package     the product's own way from the post's row to the package's row: composing, decoding in child processes, hashes,
                validation, zip, ledger; nothing is known of the pictures before
    plain       one thread, as first written: each step (dHash, wHash, resizing) opens the picture and decodes it in full, the
                zip is deflated at level 6; with a clip every frame is decoded. No database, no checks
    one decode  the same with a single full decode of each picture for all steps
    cached      the package is there already and its recipe is the same
    search      the picture nearest to one among 50,000, mirrored too, beside a loop over Python integers

Goals are those of two cores, and the plan's, which `--record` hands to the release gate; exits with 1 when one is missed.
Memory is the peak of a fresh process that builds one package, as a worker does, and of its children together.
"""

import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import av
import numpy as np
from django.conf import settings
from django.core.files import File
from django.db import connection
from django.test import override_settings
from PIL import Image

from content.media.hashes import PictureHashes, to_signed
from content.media.pool import get_pool
from content.packages.likeness import LikenessIndex
from content.packages.models import AssetUse, Derivative, Package
from content.packages.services import build_package
from content.posts.models import Post, PostVideo
from content.posts.services import NewImage, save_post, store_images
from content.posts.videos import fill_video
from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from perfhooks.budgets import find_budget

HOUSE = Path(__file__).resolve().parents[1]
SEED = 20_261_130
PHOTO_PX = (4_000, 3_000)
PHOTO_QUALITY = 88
CLIP_SECONDS, CLIP_FPS, CLIP_PX = 30, 30, (1_920, 1_080)
LONG_SIDE = 2_000
LEVELS, USUAL_LEVEL = (0, 1, 9), 6
LEDGER_ROWS = 50_000
P95_SECONDS, P95_CLIP_SECONDS, CACHED_SECONDS, SEARCH_SECONDS = 1.0, 1.6, 0.05, 0.001
RATIO_MIN = 8
MEMORY_MB_MAX = 300
ROUNDS, ROUNDS_OF_MANY = 12, 4
BUDGETS = {False: ("package-10-images-p95", P95_SECONDS), True: ("package-video-p95", P95_CLIP_SECONDS)}


def draw_photo(seed: int) -> Image.Image:
    """Shapes of several sizes and the noise of a sensor."""
    dice = np.random.default_rng(SEED + seed)
    width, height = PHOTO_PX
    pixels = dice.normal(128, 6, (height, width, 3)).astype(np.float32)
    for size in (8, 32, 128, 512):
        coarse = dice.normal(0, 12 + size / 6, (height // size + 1, width // size + 1, 3)).astype(np.float32)
        for channel in range(3):
            layer = Image.fromarray(coarse[..., channel]).resize(PHOTO_PX, Image.Resampling.BICUBIC)
            pixels[..., channel] += np.asarray(layer)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def write_clip(path: Path) -> None:
    """Texture that moves."""
    dice = np.random.default_rng(SEED)
    width, height = CLIP_PX
    ground = dice.integers(0, 255, (height // 24, width // 24, 3), dtype=np.uint8).repeat(24, 0).repeat(24, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=CLIP_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": str(2 * CLIP_FPS), "b": "6M"}
        for at in range(CLIP_SECONDS * CLIP_FPS):
            frame = av.VideoFrame.from_ndarray(np.roll(ground, 3 * at, 1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@dataclass
class Stage:
    """Posts with photographs. photos: their files; clip: the clip's."""

    folder: Path
    photos: list[Path]
    clip: Path

    def make_post(self, images: int, *, has_clip: bool) -> int:
        """A post with so many photographs; returns its id."""
        saved = save_post(
            slug=f"bench-{images}{'-clip' if has_clip else ''}",
            title="측정",
            body="본문",
            status="ready",
            images=[NewImage(at, path.read_bytes(), "사진") for at, path in enumerate(self.photos[:images], start=1)],
        )
        if has_clip:
            with self.clip.open("rb") as file:
                row = fill_video(PostVideo(post_id=saved.post_id, position=1, alt="영상"), File(file, name="clip.mp4"))
                store_images(post_id=saved.post_id, changed=[row], deleted=[])
        return saved.post_id

    def forget(self) -> None:
        """Let nothing be known of any picture."""
        AssetUse.objects.all().delete()
        Package.objects.all().delete()
        Derivative.objects.all().delete()
        shutil.rmtree(self.folder / "packages", ignore_errors=True)
        shutil.rmtree(self.folder / "media" / "derived", ignore_errors=True)

    def build(self, post_id: int, level: int = USUAL_LEVEL, expected: str = "built") -> None:
        """The product's own way."""
        with override_settings(PACKAGE_ZIP_LEVEL=level):
            outcome = build_package(post_id=post_id)
        if outcome.status != expected:
            raise RuntimeError(f"{outcome.status}: {[finding.message for finding in outcome.findings]}")

    def write_plainly(self, images: int, *, has_clip: bool, decodes: int) -> None:
        """The plain way; decodes: how often each picture is decoded."""
        with zipfile.ZipFile(self.folder / "plain.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for at, path in enumerate(self.photos[:images], start=1):
                decoded = _decode(path)
                hash_plainly(decoded, (9, 8))
                decoded = _decode(path) if decodes > 1 else decoded
                hash_plainly(decoded, (8, 8))
                decoded = _decode(path) if decodes > 1 else decoded
                archive.writestr(f"{at:02d}.jpg", _encode(decoded.resize((LONG_SIDE, LONG_SIDE * 3 // 4), LANCZOS)))
            if has_clip:
                for at, frame in enumerate(decode_all(self.clip)):
                    archive.writestr(f"frame-{at}.jpg", _encode(frame))
                archive.write(self.clip, "clip.mp4")


LANCZOS = Image.Resampling.LANCZOS


def hash_plainly(image: Image.Image, size: tuple[int, int]) -> bytes:
    """The grey levels that a hash compares, from the whole picture."""
    return image.convert("L").resize(size, LANCZOS).tobytes()


def _decode(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def _encode(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def decode_all(path: Path) -> Iterator[Image.Image]:
    """The keyframes out of all frames."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.key_frame:
                yield frame.to_image()  # type: ignore[no-untyped-call]


def measure_memory_mb(post_id: int) -> float:
    """The peak of a fresh process that builds the package, as a worker would, and of its children."""
    held = connection.settings_dict
    address = f"{held['USER']}@{held['HOST']}:{held['PORT'] or 5432}/{held['NAME']}"
    url = f"postgres://{address}" if connection.vendor == "postgresql" else f"sqlite:///{held['NAME']}"
    folders = (str(settings.MEDIA_ROOT), str(settings.PACKAGE_DIR))
    words = f"from scripts.bench_package import show_memory; show_memory({post_id}, {folders!r})"
    environment = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run([sys.executable, "-c", words], check=True, cwd=HOUSE, env=environment, stdout=subprocess.PIPE)
    peaks = [int(peak) / 1024 for peak in done.stdout.split()]
    print("memory of a worker and its children:", *(f"{peak:.0f} MB" for peak in peaks), file=sys.stderr)
    return sum(peaks)


def show_memory(post_id: int, folders: tuple[str, str]) -> None:
    """Build and print the peaks in kB: this process's, its children's."""
    with override_settings(MEDIA_ROOT=folders[0], PACKAGE_DIR=Path(folders[1])):
        outcome = build_package(post_id=post_id)
    if outcome.status != "built":
        raise RuntimeError(outcome.status)
    pool = get_pool(memory_bytes=settings.MEDIA_CHILD_MB * 1024 * 1024, seconds=settings.MEDIA_FILE_SECONDS)
    print(*(_read_peak_kb(pid) for pid in ("self", *map(str, pool.list_pids()))))


def _read_peak_kb(pid: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def list_scenarios(options: Namespace, stage: Stage) -> Iterator[Scenario]:
    """All of them."""
    sizes = [min(options.images)] if options.quick else options.images
    for images in sizes:
        for has_clip in (False, True):
            yield make_scenario(stage, images, has_clip=has_clip)
    first = stage.make_post(sizes[0], has_clip=False)
    for level in () if options.quick else LEVELS:
        yield Scenario(
            name=f"zip level {level} beside {USUAL_LEVEL}, {sizes[0]} photographs",
            operation=Operation(f"level {level}", partial(stage.build, first, level), prepare=stage.forget),
            yardstick=Operation(f"level {USUAL_LEVEL}", partial(stage.build, first, USUAL_LEVEL), prepare=stage.forget),
            repetitions=ROUNDS,
        )
    yield make_cached(stage, 10 if 10 in sizes else sizes[0])
    yield make_search()


def make_scenario(stage: Stage, images: int, *, has_clip: bool) -> Scenario:
    """A cold build beside the plain way."""
    post_id = stage.make_post(images, has_clip=has_clip)
    run = partial(stage.build, post_id)
    goals = list_goals(images, has_clip=has_clip)
    needed = [find_budget(goal.budget_id).min_samples for goal in goals if goal.budget_id]
    check_memory(stage, post_id)
    return Scenario(
        name=name_scenario(images, has_clip=has_clip),
        operation=Operation("package", run, prepare=stage.forget),
        yardstick=Operation("plain", partial(stage.write_plainly, images, has_clip=has_clip, decodes=3)),
        peers=(Operation("one decode", partial(stage.write_plainly, images, has_clip=has_clip, decodes=1)),),
        repetitions=max([ROUNDS if images <= 10 else ROUNDS_OF_MANY, *needed]),
        warmups=1,
        goals=goals,
    )


def name_scenario(images: int, *, has_clip: bool) -> str:
    """The name under which config/budgets.toml knows it."""
    return f"{images} photographs{' and a clip' if has_clip else ''}"


def list_goals(images: int, *, has_clip: bool) -> tuple[Goal, ...]:
    """The plan's promise, which `--record` hands to the release gate, and what two cores should do."""
    if images != 10:
        return ()
    budget_id, limit = BUDGETS[has_clip]
    return Goal.of_budget(budget_id), Goal.at_most("p95", limit), Goal.at_least("ratio", RATIO_MIN)


def check_memory(stage: Stage, post_id: int) -> None:
    """End the bench when a build takes too much."""
    stage.forget()
    peak = measure_memory_mb(post_id)
    size = Package.objects.get(post_id=post_id).size_bytes / 1e6
    print(f"memory: {peak:.0f} MB, package: {size:.1f} MB", file=sys.stderr)
    if peak > MEMORY_MB_MAX:
        raise RuntimeError(f"{peak:.0f} MB of memory, {MEMORY_MB_MAX} allowed")


def make_cached(stage: Stage, images: int) -> Scenario:
    """Nothing changed, beside writing the zip again of pictures that are known."""
    post_id = Post.objects.get(slug=f"bench-{images}").pk

    def ensure() -> None:
        build_package(post_id=post_id)

    def forget_package() -> None:
        Package.objects.filter(post_id=post_id).delete()

    return Scenario(
        name=f"cached, {images} photographs",
        operation=Operation("cached", partial(stage.build, post_id, expected="cached"), prepare=ensure),
        yardstick=Operation("zip again", partial(stage.build, post_id), prepare=forget_package),
        repetitions=40,
        goals=(Goal.at_most("p95", CACHED_SECONDS),),
    )


def make_search() -> Scenario:
    """The nearest among many."""
    dice = random.Random(SEED)  # noqa: S311
    bits = [(dice.getrandbits(64), dice.getrandbits(64)) for _row in range(LEDGER_ROWS)]
    rows = [(at, to_signed(d), to_signed(w), f"{at:064x}", "blog", f"post-{at}") for at, (d, w) in enumerate(bits)]
    index = LikenessIndex.empty().extended(rows)
    wanted = PictureHashes(*(dice.getrandbits(64) for _hash in range(4)))

    def loop() -> int:
        return min((wanted.dhash ^ d).bit_count() + (wanted.whash ^ w).bit_count() for d, w in bits)

    return Scenario(
        name=f"search among {LEDGER_ROWS:,}",
        operation=Operation("search", lambda: index.find_nearest("", wanted, blog="other", slug="other")),
        yardstick=Operation("loop", loop),
        repetitions=40,
        goals=(Goal.at_most("p95", SEARCH_SECONDS),),
    )


@contextmanager
def own_stage() -> Iterator[None]:
    """A database, folders and pictures of its own."""
    with own_database(), tempfile.TemporaryDirectory(prefix="bench-package-") as name:
        folder = Path(name)
        with override_settings(MEDIA_ROOT=str(folder / "media"), PACKAGE_DIR=folder / "packages"):
            yield


def draw_all(folder: Path, images: int) -> None:
    """Photographs and the clip as files."""
    for at in range(images):
        draw_photo(at).save(folder / f"photo-{at}.jpg", quality=PHOTO_QUALITY)
    write_clip(folder / "clip.mp4")


def make_stage(images: int) -> Stage:
    """The pictures, drawn once."""
    folder = Path(settings.PACKAGE_DIR).parent
    # In another process: what drawing takes of memory is none of the product's.
    words = f"from pathlib import Path; from scripts.bench_package import draw_all; draw_all(Path({str(folder)!r}), {images})"
    subprocess.run([sys.executable, "-c", words], check=True, cwd=HOUSE)
    photos, clip = [folder / f"photo-{at}.jpg" for at in range(images)], folder / "clip.mp4"
    size = sum(path.stat().st_size for path in photos) / len(photos)
    print(f"photograph: {size / 1e6:.1f} MB, clip: {clip.stat().st_size / 1e6:.1f} MB", file=sys.stderr)
    return Stage(folder, photos, clip)


def plan(options: Namespace) -> Sequence[Scenario]:
    """The scenarios over one set of pictures."""
    return list(list_scenarios(options, make_stage(min(options.images) if options.quick else max(options.images))))


def add_options(parser: ArgumentParser) -> None:
    """How many photographs."""
    parser.add_argument("--images", type=count, nargs="+", default=[3, 10, 30], help="글마다 사진의 수 (기본 3 10 30)")


if __name__ == "__main__":
    sys.exit(main(plan, about=__doc__, add_options=add_options, within=own_stage))
