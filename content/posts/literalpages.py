"""One click that puts a placeholder in the place of a typed-in price."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from content.disclosure.fixing import LiteralConflict, replace_literal
from content.posts.models import Post


class LiteralPages:
    """The click, for the posts' admin to inherit."""

    admin_site: admin.AdminSite
    has_change_permission: Any
    log_change: Any

    def get_literal_urls(self) -> list[URLPattern]:
        """The address of the click."""
        view = self.admin_site.admin_view(self.literal_view)
        return [path("<int:post_id>/literal/", view, name="posts_post_literal")]

    def literal_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """Put the placeholder in the place of one typed-in price, as one click asks."""
        post = Post.objects.filter(pk=post_id).first()
        if request.method != "POST" or not self.has_change_permission(request, post):
            raise PermissionDenied
        if post is None:
            raise Http404("글이 없습니다. 목록에서 다시 고르세요.")
        try:
            literal_id = int(request.POST.get("literal", ""))
            seen = request.POST.get("seen", "")
            fixed = replace_literal(literal_id=literal_id, post_id=post_id, seen=seen, editor_id=request.user.pk)
        except (LiteralConflict, ValueError) as conflict:
            words = str(conflict) if isinstance(conflict, LiteralConflict) else "문구: 목록의 단추로 고르세요."
            messages.error(request, words)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            words = f"'{fixed.text}' 대신 {fixed.placeholder}" if fixed.placeholder else f"'{fixed.text}' 지움"
            messages.success(request, f"고쳤습니다: {words}")
            self.log_change(request, post, f"고정 가격 문구를 고침: {words}")
        return HttpResponseRedirect(f"{reverse('admin:posts_post_change', args=[post_id])}#literals")
