"""The room on the desk: why a post is where it is, weights tried before they are saved, files looked at before they count."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from content.posts.models import Post
from content.refresh.models import Arm, MetricImport, PostMetric, PostScore, RefreshEntry, ScoreSettings
from content.refresh.picking import enqueue_by_score
from content.refresh.scoring import score_posts
from content.refresh.settings import get_active_spec, save_settings
from tests.content.factories import drain, make_post
from tests.content.refresh.samples import DAY, NOW, TODAY, age, cover, hide_disclosure, note_trial, write_figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("kim"))
    return client


def page(client: Client, name: str, *args: Any, query: str = "") -> str:
    response = client.get(reverse(f"admin:refresh_{name}", args=args) + query)
    assert response.status_code == 200
    return response.content.decode()


def make_ranked() -> tuple[Post, Post]:
    """One post that lost half of its clicks, and one whose disclosure fails."""
    lost, hidden = make_post(slug="lost", title="클릭이 준 글"), make_post(slug="hidden", title="고지가 가려진 글")
    for post in (lost, hidden):
        age(post, days=100)
    write_figures(lost, TODAY - 56 * DAY, 28, clicks=20)
    write_figures(lost, TODAY - 28 * DAY, 28, clicks=10)
    hide_disclosure(hidden)
    drain()
    score_posts(now=NOW)
    return lost, hidden


def fill(**changes: Any) -> dict[str, Any]:
    spec = get_active_spec()
    own: dict[str, Any] = {name: weight / 1_000 for name, weight in spec.weights.items()}
    own |= {f"half_life_{kind}": days for kind, days in spec.half_lives.items()}
    own |= {"cooldown_days": 21, "holdout_percent": 10, "threshold": 20, "note": "시험", "based_on": spec.version}
    return own | changes


def test_the_scores_say_why(desk: Client, django_assert_max_num_queries: Any) -> None:
    lost, hidden = make_ranked()
    with django_assert_max_num_queries(8):
        html = page(desk, "postscore_changelist")
    assert html.index("고지가 가려진 글") < html.index("클릭이 준 글")
    assert "클릭 감소" in html
    detail = page(desk, "postscore_change", lost.pk)
    assert "28일 클릭 280(자료 28일), 그 앞 28일 560(자료 28일)" in detail
    assert "고지가 제자리에 없습니다" in page(desk, "postscore_change", hidden.pk)


def test_the_scores_are_filtered_by_reason_rest_and_arm(desk: Client) -> None:
    lost, hidden = make_ranked()
    note_trial(lost, days_ago=40, arm=Arm.REFRESHED)
    note_trial(lost, days_ago=30, arm=Arm.HELD_BACK)
    for query, is_lost, is_hidden in (
        ("?reason=loss", True, False),
        ("?arm=held_back", True, False),
        ("?arm=refreshed", False, False),
        ("?arm=none", False, True),
        ("?is_cooling__exact=1", False, False),
    ):
        html = page(desk, "postscore_changelist", query=query)
        assert (lost.title in html, hidden.title in html) == (is_lost, is_hidden), query


def test_the_queue_says_why_a_post_was_picked(desk: Client, django_assert_max_num_queries: Any) -> None:
    make_ranked()
    save_settings(
        draft=type(get_active_spec())(holdout_percent=0), based_on=get_active_spec().version, actor="", note=""
    )
    enqueue_by_score(now=NOW)
    with django_assert_max_num_queries(8):
        assert "성과 하락" in page(desk, "refreshentry_changelist")
    assert "점 · 클릭 감소" in desk.get("/admin/").content.decode()
    entry = RefreshEntry.objects.filter(post__slug="lost", state="queued").get()
    detail = page(desk, "refreshentry_change", entry.pk)
    assert "클릭 감소" in detail
    assert "0.35" in detail
    plain = RefreshEntry.objects.filter(score=0).latest("id")
    assert "점수가 아니라 바뀐 것이 있어" in page(desk, "refreshentry_change", plain.pk)


def test_weights_are_tried_before_they_are_saved(desk: Client) -> None:
    make_ranked()
    before = get_active_spec().version
    where = reverse("admin:refresh_scoresettings_next", args=[before])
    assert "0.35" in desk.get(where).content.decode()
    other = fill(loss=0.75, conv=0, fresh=0.15, stale=0, value=0.1)
    tried = desk.post(where, {**other, "preview": "1"})
    html = tried.content.decode()
    assert "앞선 2편 가운데 자리가 바뀌는 글 2편" in html
    assert html.index("클릭이 준 글") < html.index("고지가 가려진 글")
    assert get_active_spec().version == before
    unseen = desk.post(where, {**other, "loss": 0.7, "conv": 0.05, "previewed": tried.context["seen"], "save": "1"})
    assert "미리 본 것과 다릅니다" in unseen.content.decode()
    saved = desk.post(where, {**other, "previewed": tried.context["seen"], "save": "1"}, follow=True)
    assert f"{before + 1}판을 저장해 적용했습니다" in saved.content.decode()
    row = ScoreSettings.objects.get(is_active=True)
    assert (row.version, row.loss, row.created_by, row.note) == (before + 1, 750, "kim", "시험")
    late = desk.post(where, {**other, "based_on": before, "previewed": tried.context["seen"], "save": "1"})
    assert late.status_code == 409
    assert "kim님이" in late.content.decode()
    assert 'value="0.75"' in late.content.decode(), "nothing typed is lost"
    again = desk.post(where, {**other, "based_on": before, "rebase": before + 1})
    assert again.status_code == 200
    theirs = {**other, "based_on": before + 1, "previewed": again.context["seen"], "save": "1"}
    assert desk.post(where, theirs).status_code == 302
    assert get_active_spec().version == before + 2


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"loss": 0.4}, "합이 1.050입니다. 다섯 가중치의 합이 1이 되게 고치세요."),
        ({"loss": 1.2}, "1"),
        ({"half_life_price": 0}, "1"),
        ({"threshold": "많이"}, "숫자"),
    ],
)
def test_weights_that_make_no_sense_are_refused_and_stay_written(
    desk: Client, changes: dict[str, Any], text: str
) -> None:
    where = reverse("admin:refresh_scoresettings_next", args=[get_active_spec().version])
    response = desk.post(where, {**fill(**changes), "preview": "1"})
    assert text in response.content.decode()
    assert 'value="시험"' in response.content.decode()
    assert ScoreSettings.objects.count() == 1


def upload(client: Client, text: str, source: str = "search_console") -> Any:
    file = SimpleUploadedFile("검색.csv", text.encode())
    return client.post(reverse("admin:refresh_metricimport_import"), {"file": file, "source": source}, follow=True)


def test_a_file_is_looked_at_before_it_counts(desk: Client, django_capture_on_commit_callbacks: Any) -> None:
    make_post(slug="무선-청소기")
    good = "페이지,날짜,클릭수\n/posts/무선-청소기/,2026-11-03,5\n/posts/무선-청소기/,2026-11-04,<b>다섯</b>\n"
    html = upload(desk, good).content.decode()
    assert "성과 1건 적용" in html
    assert "&lt;b&gt;다섯&lt;/b&gt;" in html
    assert not PostMetric.objects.exists()
    row = MetricImport.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        done = desk.post(reverse("admin:refresh_metricimport_apply", args=[row.pk]), follow=True)
    assert "성과 1건을 더하고 0건을 바꾸었습니다" in done.content.decode()
    assert PostMetric.objects.get().clicks == 5
    again = desk.post(reverse("admin:refresh_metricimport_drop", args=[row.pk]), follow=True)
    assert "이미 끝난 가져오기입니다(적용됨)" in again.content.decode()
    assert "무선 청소기 추천" in page(desk, "postmetric_changelist")
    assert "검색.csv" in page(desk, "metricimport_changelist")


def test_a_file_that_cannot_be_read_says_why_on_the_page(desk: Client) -> None:
    assert "&#x27;클릭수&#x27; 열이 없습니다" in upload(desk, "페이지,날짜\n").content.decode()
    assert MetricImport.objects.count() == 0


def test_the_effect_is_drawn_with_its_numbers_beside_it(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
    assert "자료가 부족해 아직 견줄 수 없습니다" in page(desk, "refreshtrial_effect")
    for number in range(12):
        post = make_post(slug=f"p-{number}")
        arm = Arm.HELD_BACK if number < 5 else Arm.REFRESHED
        trial = note_trial(post, days_ago=40, arm=arm, before_clicks=280)
        write_figures(post, TODAY - 39 * DAY, 28, clicks=10 + number)
    cover("search_console", TODAY - 90 * DAY, TODAY - DAY)
    html = page(desk, "refreshtrial_effect")
    assert html.count('<circle class="dot"') == 1
    assert "갱신한 7편은 남겨 둔 5편보다 한 편에 168.0 많습니다(95% 구간 +" in html
    assert html.count("자료 부족") == 2, "nobody knows of orders and revenue"
    assert "나아짐" in html
    assert "+168.0" in html  # (5 + ... + 11) / 7 less (0 + ... + 4) / 5, on 28 days
    assert "남겨 둠" in page(desk, "refreshtrial_changelist")
    assert "보다 작으면 남겨 둠" in page(desk, "refreshtrial_change", trial.pk)


def test_who_may_only_look_sees_no_way_to_change(client: Client) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__startswith="view_", content_type__app_label="refresh")
    )
    client.force_login(user)
    version = get_active_spec().version
    assert "새 판 만들기" not in page(client, "scoresettings_changelist")
    assert "파일 가져오기" not in page(client, "postmetric_changelist")
    for where in (
        reverse("admin:refresh_scoresettings_next", args=[version]),
        reverse("admin:refresh_metricimport_import"),
    ):
        assert client.get(where).status_code == 403
    assert client.post(reverse("admin:refresh_metricimport_apply", args=[1])).status_code == 403
    assert PostScore.objects.count() == 0
