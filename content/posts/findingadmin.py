"""The list of everything that stands against posts."""

from django.contrib import admin
from django.utils.safestring import SafeString

from content.desk import link_to_post
from content.posts.findings import ADVICE_KINDS
from content.posts.models import PostFinding
from perfhooks.desk import ReadOnlyAdmin, ago, pill


class PostFindingAdmin(ReadOnlyAdmin[PostFinding]):
    """What stands against posts, the newest first."""

    list_display = ("message", "severity", "kind", "line", "post_title", "found")
    list_filter = ("kind",)
    list_select_related = ("post",)
    search_fields = ("message", "=sku", "post__slug", "post__title")
    search_help_text = "내용, SKU, 글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    empty_hint = "글에 고칠 것이 없다는 뜻입니다."

    @admin.display(description="정도")
    def severity(self, finding: PostFinding) -> SafeString:
        """Whether it keeps the post from being packaged."""
        return pill("권고", "warn") if finding.kind in ADVICE_KINDS else pill("패키지 막음", "bad")

    @admin.display(description="글", ordering="post__title")
    def post_title(self, finding: PostFinding) -> SafeString:
        """The post."""
        return link_to_post(finding.post_id, finding.post.title)

    @admin.display(description="발견", ordering="found_at")
    def found(self, finding: PostFinding) -> SafeString:
        """When it was found."""
        return ago(finding.found_at)
