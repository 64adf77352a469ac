"""The preview pages: a post by any template and variant, at two widths, in a frame that may run and load nothing."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from content.cro.environment import TEMPLATE_LABELS
from content.cro.selectors import list_variants
from content.desk import FRAME_POLICY
from content.posts.models import Post
from content.posts.postpage import read_summary
from content.posts.preview import TARGETS, WIDTHS, make_preview, read_look
from content.posts.selectors import get_post_id
from content.posts.text import SLUG_LENGTH_LIMIT
from perfhooks.desk import FastModelAdmin

POSTS_OFFERED = 50


def show_preview(request: HttpRequest, post: Post, *, desk: FastModelAdmin[Post]) -> HttpResponse:
    """The page around the frame: post, template, variant, target and width to choose."""
    wanted = request.GET.get("post", "").strip()
    if wanted and wanted != post.slug:
        return _go_to(request, wanted, post)
    variants = list_variants()
    look = read_look(request.GET, variants)
    frame = reverse("admin:posts_post_preview_frame", args=[post.pk])
    context = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": f"미리보기: {post.title}",
        "post": post,
        "summary": read_summary(post),
        "look": look,
        "widths": [(key, word, look.write_query(width=key)) for key, word in WIDTHS.items()],
        "templates": [("", "매칭이 고른 템플릿"), *TEMPLATE_LABELS.items()],
        "variants": [(named.variant.key, named.label) for named in variants],
        "targets": list(TARGETS.items()),
        "newest": list(Post.objects.order_by("-updated_at", "-id").values_list("slug", "title")[:POSTS_OFFERED]),
        "frame": f"{frame}?{look.write_query()}",
    }
    return TemplateResponse(request, "admin/posts/post/preview.html", context)


def show_frame(request: HttpRequest, post: Post) -> HttpResponse:
    """The rendered post, alone in a document that may run and load nothing."""
    look = read_look(request.GET, list_variants())
    response = TemplateResponse(request, "posts/frame.html", {"preview": make_preview(post.pk, look)})
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def _go_to(request: HttpRequest, slug: str, post: Post) -> HttpResponse:
    """The preview of another post with the same choices; where there is none, back with the reason."""
    shown = "".join(character for character in slug[:SLUG_LENGTH_LIMIT] if character.isprintable())
    other = get_post_id(shown)
    if other is None:
        messages.error(request, f"글: 슬러그 '{shown}'인 글이 없습니다. 목록에서 슬러그를 고르세요.")
    query = urlencode({name: value for name, value in request.GET.items() if name != "post"})
    return HttpResponseRedirect(f"{reverse('admin:posts_post_preview', args=[other or post.pk])}?{query}")
