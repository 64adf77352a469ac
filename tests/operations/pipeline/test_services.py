"""What a run says of itself when something happens on the way that nobody ordered."""

import pytest
from pytest_django.fixtures import Settings

from content.posts.models import Post
from content.posts.services import save_post
from operations.pipeline import services, waiting
from operations.pipeline.models import PipelineRun
from operations.pipeline.services import count_packages, run_pipeline, work_queue
from operations.pipeline.waiting import Progress, ignore_progress
from perfhooks.models import RunLock
from products.storesync.simulator.process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)


def write_posts(number: int) -> list[str]:
    """So many posts without products, ready to be packaged; returns their slugs."""
    slugs = [f"letter-{place}" for place in range(number)]
    for slug in slugs:
        save_post(slug=slug, title=slug, body="# 편지\n\n본문입니다.", relationship="own_product", status="ready")
    return slugs


def delete_when(at: int, slug: str) -> Progress:
    """A Progress that deletes the post at that moment of the work."""

    def progress(stage: str, done: int, total: int) -> None:
        if done == at:
            Post.objects.filter(slug=slug).delete()

    return progress


@pytest.mark.parametrize(("at", "slug"), [(0, "letter-2"), (2, "letter-0")], ids=["before its turn", "afterwards"])
def test_a_post_deleted_during_the_work_does_not_hold_it_up(
    at: int, slug: str, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: object
) -> None:
    monkeypatch.setattr(waiting, "STALL_SECONDS", 0.3)
    settings.PACKAGE_DIR = tmp_path
    slugs = write_posts(3)
    worked = work_queue(progress=delete_when(at, slug))
    left = dict(Post.objects.filter(slug__in=slugs).values_list("pk", "slug"))
    assert sorted(left.values()) == sorted(set(slugs) - {slug})
    assert worked.outcomes.keys() == left.keys()
    assert worked.deleted == 1


@pytest.mark.parametrize("error", [ZeroDivisionError("a defect"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
@pytest.mark.parametrize("place", ["sync_products", "work_queue", "store_run"])
def test_whatever_ends_a_run_is_noted_in_it_and_goes_on(
    error: BaseException, place: str, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr(services, place, fail)
    with pytest.raises(type(error)):
        run_pipeline(store_code="hanbit", api_url=simulator.url, workers=2, progress=ignore_progress)
    run = PipelineRun.objects.get()
    assert (run.status, run.error) == ("failed", f"{type(error).__name__}: {error}")
    assert run.finished_at is not None
    assert not RunLock.objects.exists()


@pytest.mark.parametrize(
    ("outcomes", "packaged", "built", "skipped"),
    [
        ({}, [1, 2], 0, 2),
        ({1: "built", 2: "cached", 3: "refused", 4: "dead"}, [1, 2, 3, 5, 6], 1, 3),
        ({1: "built", 2: "built"}, [1], 2, 0),
    ],
    ids=["nothing to do", "each outcome", "a built one deleted since"],
)
def test_skipped_packages_are_those_that_the_run_left_as_they_were(
    outcomes: dict[int, str], packaged: list[int], built: int, skipped: int
) -> None:
    assert count_packages(outcomes, packaged) == {"packages_built": built, "packages_skipped": skipped}
