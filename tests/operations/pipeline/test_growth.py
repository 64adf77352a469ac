"""What follows the packages in a run: links are proposed or inserted, the best are picked, and the report shows both."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from content.clusters.models import LinkBatch
from content.posts.models import Post
from content.refresh.metricimports import import_metrics
from content.refresh.models import RefreshEntry
from content.times import korean_today
from operations.demo.figures import write_search_console, write_store_report
from operations.pipeline.growth import pick_posts, weave_links
from operations.pipeline.report import write_report
from operations.pipeline.services import PipelineReport, WorkedPosts
from perfhooks.recorder import Recorder
from perfhooks.trace import bind_trace
from tests.content.clusters.garden import plant_cleaners
from tests.content.factories import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def trace() -> Iterator[str]:
    with bind_trace() as trace_id:
        yield trace_id


def test_a_run_proposes_links_and_leaves_what_waits_for_an_editor_alone() -> None:
    plant_cleaners()
    before = list(Post.objects.order_by("pk").values_list("body", flat=True))
    first = weave_links(inserts=False)
    assert first["links_proposed"] > 0
    assert list(Post.objects.order_by("pk").values_list("body", flat=True)) == before
    waiting = LinkBatch.objects.get(state="planned").batch_id
    assert "links_proposed" not in weave_links(inserts=False)
    assert LinkBatch.objects.get(state="planned").batch_id == waiting


def test_a_run_that_may_inserts_them_once() -> None:
    plant_cleaners()
    assert weave_links(inserts=True)["links_inserted"] > 0
    assert Post.objects.filter(body__contains="](post:").exists()
    assert weave_links(inserts=True)["links_inserted"] == 0


def test_the_report_shows_the_map_and_who_was_picked(settings: Settings, tmp_path: Path, trace: str) -> None:
    settings.REPORT_DIR = tmp_path
    hub, spokes = plant_cleaners()
    drain()
    weave_links(inserts=True)
    RefreshEntry.objects.all().delete()
    lose_readers([hub, *spokes])
    counts = pick_posts()
    assert counts["posts_scored"] == 4
    assert counts["posts_picked"] + counts["posts_held_back"] == 4
    report = PipelineReport(1, trace, "s", "done", 1.0, {**counts, "clusters": 1})
    with Recorder() as recorder:
        html = Path(write_report(report, recorder)).read_text("utf-8")
    assert html.count("<circle") == 4
    assert "무선 청소기 배터리 수명" in html
    assert "클릭 감소" in html
    assert pick_posts()["posts_picked"] == 0, "once a day"


def lose_readers(posts: list[Post]) -> None:
    """Let these posts be known for weeks and lose half of their readers lately, by files as editors import them."""
    slugs, today = [post.slug for post in posts], korean_today()
    Post.objects.update(published_at=posts[0].created_at - timedelta(days=90))
    rows = write_search_console(slugs, today=today).decode().splitlines()
    late = (today - timedelta(days=28)).isoformat()
    kept = [line for number, line in enumerate(rows) if number == 0 or line.split(",")[1] < late or number % 3 == 0]
    import_metrics(file=io.BytesIO("\n".join(kept).encode()), source="search_console")
    import_metrics(file=io.BytesIO(write_store_report(slugs, today=today)), source="store")


def test_a_post_worked_on_twice_counts_as_built() -> None:
    both = WorkedPosts({1: "built", 2: "cached", 3: "dead"}, 1) + WorkedPosts({1: "cached", 2: "built", 3: "cached"}, 0)
    assert both == WorkedPosts({1: "built", 2: "built", 3: "cached"}, 1)
