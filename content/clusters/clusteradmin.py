"""Clusters on the desk: a list, a map of all, a map of each, and what an editor decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from content.clusters import editing
from content.clusters.maps import ClusterFacts, draw_all, draw_map, list_loose_posts, read_clusters
from content.clusters.models import Cluster, Role
from content.clusters.planadmin import PlanningAdmin
from content.clusters.planning import plan_clusters
from content.desk import format_number, link_to_post
from content.posts.models import Post
from perfhooks.desk import NOTHING, ago, pill

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

DECIDE_RIGHT = "clusters.change_cluster"
OVERVIEW_MOST = 400
"""Clusters that one drawing shows."""


@admin.register(Cluster)
class ClusterAdmin(PlanningAdmin[Cluster]):
    """The clusters, with how well each hangs together."""

    list_display = ("label", "hub", "spokes", "coverage", "orphans", "fixed", "planned")
    search_fields = ("name", "members__post__title", "members__post__slug")
    search_help_text = "클러스터의 이름, 글의 제목과 슬러그로 찾습니다"
    ordering = ("name", "id")
    empty_hint = "'클러스터 계획하기'를 누르거나 manage.py plan_clusters를 실행하면 준비된 글들이 묶입니다."
    change_list_template = "admin/clusters/cluster/change_list.html"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with the places and links of the clusters on its page."""
        shown = super().get_changelist_instance(request)
        rows: list[Any] = list(shown.result_list)
        for row, facts in zip(rows, read_clusters(rows), strict=True):
            row.facts = facts
        shown.result_list = rows
        return shown

    def get_urls(self) -> list[URLPattern]:
        """The pages, and before them the map and decisions."""
        wrap = self.admin_site.admin_view
        own = [
            path("map/", wrap(self.map_view), name="clusters_cluster_map"),
            path("<int:cluster_id>/decide/", wrap(self.decide_view), name="clusters_cluster_decide"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The map of one cluster."""
        cluster = self.get_object(request, object_id)
        if request.method == "POST" or not self.has_view_permission(request, cluster):
            raise PermissionDenied
        if cluster is None:
            raise Http404("이 클러스터가 없습니다. 다시 계획하면서 사라졌을 수 있습니다. 목록에서 고르세요.")
        facts, drawing = draw_map(cluster)
        may_decide = request.user.has_perm(DECIDE_RIGHT)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"클러스터 지도: {cluster.name}",
            "cluster": cluster,
            "facts": facts,
            "drawing": drawing,
            "is_crowd": any(node.number for node in drawing.nodes),
            "kinds": ("down", "up", "near", "cross"),
            "may_decide": may_decide,
            "others": Cluster.objects.exclude(pk=cluster.pk).order_by("name", "pk")[:OVERVIEW_MOST]
            if may_decide
            else (),
        }
        return TemplateResponse(request, "admin/clusters/cluster/map.html", context)

    def map_view(self, request: HttpRequest) -> HttpResponse:
        """All clusters at one look."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        clusters = list(Cluster.objects.order_by("name", "pk")[:OVERVIEW_MOST])
        found, drawing = draw_all(clusters)
        loose, posts = list_loose_posts()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "클러스터 지도",
            "found": found,
            "drawing": drawing,
            "posts": sum(len(facts.rows) for facts in found),
            "orphans": sum(facts.orphans for facts in found),
            "coverage": share(sum(facts.covered for facts in found), sum(facts.spokes for facts in found)),
            "loose": loose,
            "loose_posts": [link_to_post(post.pk, post.title) for post in posts],
        }
        return TemplateResponse(request, "admin/clusters/cluster/overview.html", context)

    def plan(self, request: HttpRequest) -> str:
        """Group the posts anew."""
        done = plan_clusters()
        messages.success(
            request,
            f"글 {done.posts:,}개 가운데 {done.clustered:,}개가 클러스터 {done.clusters:,}개에 있습니다. "
            f"들어온 글 {done.added:,}개, 나간 글 {done.removed:,}개. 편집자가 정한 글 {done.kept:,}개는 그대로입니다.",
        )
        return ""

    def decide_view(self, request: HttpRequest, cluster_id: int) -> HttpResponse:
        """Keep what an editor decides about one post, or about the whole cluster."""
        if not request.user.has_perm(DECIDE_RIGHT):
            raise PermissionDenied
        if request.method == "POST":
            try:
                messages.success(request, self._decide(request, cluster_id))
            except editing.EditRefused as refusal:
                messages.error(request, str(refusal))
            except (Post.DoesNotExist, Cluster.DoesNotExist):
                messages.error(request, "그사이 글이나 클러스터가 없어졌습니다. 목록에서 다시 고르세요.")
        if not Cluster.objects.filter(pk=cluster_id).exists():
            return HttpResponseRedirect(reverse("admin:clusters_cluster_changelist"))
        return HttpResponseRedirect(reverse("admin:clusters_cluster_change", args=[cluster_id]))

    def _decide(self, request: HttpRequest, cluster_id: int) -> str:
        deed, who = request.POST.get("deed", ""), request.user.pk
        post = _read_number(request.POST.get("post", ""))
        if deed == "rename":
            editing.rename_cluster(cluster_id=cluster_id, name=request.POST.get("name", ""))
            return "이름을 바꿨습니다."
        if deed == "accept_all":
            done = editing.accept_members(cluster_id=cluster_id, actor_id=who)
            return f"글 {done.changed}개의 자리를 승인했습니다. 다시 계획해도 그대로 있습니다."
        if deed == "accept":
            editing.accept_members(cluster_id=cluster_id, post_ids=[post], actor_id=who)
            return "승인했습니다. 다시 계획해도 이 자리에 있습니다."
        if deed in ("hub", "pin"):
            role = Role.HUB if deed == "hub" else Role.SPOKE
            editing.move_member(post_id=post, cluster_id=cluster_id, role=role, actor_id=who)
            return "허브로 고정했습니다." if deed == "hub" else "스포크로 고정했습니다."
        if deed == "move":
            editing.move_member(post_id=post, cluster_id=_read_number(request.POST.get("to", "")), actor_id=who)
            return "옮겨서 고정했습니다."
        if deed == "block":
            editing.block_member(post_id=post, cluster_id=cluster_id, actor_id=who)
            return "이 클러스터에 들어오지 못하게 막았습니다."
        if deed == "release":
            editing.release_member(post_id=post, cluster_id=cluster_id)
            return "정한 것을 풀었습니다. 다음 계획이 다시 정합니다."
        raise editing.EditRefused(f"할 일: '{deed}' 대신 화면의 단추를 쓰세요.")

    @admin.display(description="클러스터", ordering="name")
    def label(self, cluster: Cluster) -> SafeString | str:
        """The name, and whether an editor gave it."""
        return format_html("{} {}", cluster.name, pill("이름 고정", "grey")) if cluster.is_named else cluster.name

    @admin.display(description="허브")
    def hub(self, cluster: Any) -> SafeString | str:
        """The post that leads."""
        hub = read_facts(cluster).hub
        return link_to_post(hub.post_id, hub.title) if hub else NOTHING

    @admin.display(description="스포크")
    def spokes(self, cluster: Any) -> SafeString:
        """How many follow."""
        return format_number(read_facts(cluster).spokes)

    @admin.display(description="양방향 연결")
    def coverage(self, cluster: Any) -> SafeString:
        """Spokes that are linked both ways."""
        facts = read_facts(cluster)
        is_whole = facts.covered == facts.spokes > 0
        return pill(f"{facts.covered}/{facts.spokes}", "ok" if is_whole else "warn")

    @admin.display(description="고아 글")
    def orphans(self, cluster: Any) -> SafeString:
        """Posts that nobody links to."""
        number = read_facts(cluster).orphans
        return pill(f"{number}개", "bad") if number else pill("없음", "ok")

    @admin.display(description="편집자가 정한 글")
    def fixed(self, cluster: Any) -> SafeString:
        """Places that planning leaves alone."""
        return format_number(sum(row.standing != "planned" for row in read_facts(cluster).rows))

    @admin.display(description="고침", ordering="updated_at")
    def planned(self, cluster: Cluster) -> SafeString:
        """When it was last changed."""
        return ago(cluster.updated_at)


def read_facts(cluster: Any) -> ClusterFacts:
    """What the list has read for this row."""
    facts: ClusterFacts = cluster.facts
    return facts


def share(part: int, whole: int) -> str:
    """A share in words; "–" of nothing."""
    return f"{part / whole:.0%}" if whole else NOTHING


def _read_number(text: str) -> int:
    """An id of the form; 0, which nothing has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
