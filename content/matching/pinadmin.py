"""The pins on the desk: which product an editor has fixed for which post."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from content.desk import link_to_post, link_to_product
from content.matching.models import Pin
from content.matching.services import PinRefused, pin_product
from content.posts.models import Post
from perfhooks.desk import ReadOnlyAdmin, ago, link_to, pill
from products.catalog.selectors import get_facts_by_id

PERMISSION = "matching.add_pin"


class PinForm(forms.Form):
    """The product to fix, and why."""

    sku = forms.CharField(label="SKU", max_length=40, required=False, help_text="비우면 고정을 풉니다")
    note = forms.CharField(label="이유", max_length=200, required=False)


@admin.register(Pin)
class PinAdmin(ReadOnlyAdmin[Pin]):
    """The pins, the newest first."""

    list_display = ("post_title", "product_name", "state", "note", "pinned_by", "pinned", "edit")
    list_select_related = ("post", "product")
    search_fields = ("post__slug", "post__title", "=product__sku")
    search_help_text = "글의 슬러그와 제목, 상품의 SKU로 찾습니다"
    ordering = ("-pinned_at", "-id")
    empty_hint = "매칭 결정 화면의 '이 글에 상품 고정하기'로 고정합니다."

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the one of a post before them."""
        view = self.admin_site.admin_view(self.post_view)
        return [path("post/<int:post_id>/", view, name="matching_pin_post"), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The columns; the way to change a pin only for who may."""
        return tuple(name for name in self.list_display if name != "edit" or request.user.has_perm(PERMISSION))

    def get_fieldsets(self, request: HttpRequest, obj: Pin | None = None) -> Any:
        """The same on the page of one."""
        return ((None, {"fields": self.get_list_display(request)}),)

    def post_view(self, request: HttpRequest, post_id: int) -> HttpResponse:
        """Fix a product for a post, or let it go."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        post = Post.objects.filter(pk=post_id).first()
        if post is None:
            raise Http404("글이 없습니다. 목록에서 다시 고르세요.")
        form = PinForm(request.POST or None, initial=_describe_pin(post_id))
        if request.method == "POST" and form.is_valid() and self._pin(request, post_id, form):
            return HttpResponseRedirect(reverse("admin:posts_post_change", args=[post_id]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"상품 고정: {post.title}",
            "post": post,
            "form": form,
        }
        return TemplateResponse(request, "admin/matching/pin/post.html", context)

    def _pin(self, request: HttpRequest, post_id: int, form: PinForm) -> bool:
        sku, note = form.cleaned_data["sku"].strip(), form.cleaned_data["note"]
        try:
            done = pin_product(post_id=post_id, sku=sku, actor=request.user.get_username(), note=note)
        except PinRefused as refusal:
            form.add_error("sku", str(refusal))
            return False
        words = f"상품 {sku}을(를) 고정했습니다." if sku else "고정을 풀었습니다."
        messages.success(request, words if done.is_changed else "달라진 것이 없습니다.")
        return True

    @admin.display(description="글", ordering="post__title")
    def post_title(self, pin: Pin) -> SafeString:
        """The post."""
        return link_to_post(pin.post_id, pin.post.title)

    @admin.display(description="상품", ordering="product__name")
    def product_name(self, pin: Pin) -> SafeString:
        """The product."""
        return link_to_product(pin.product_id, pin.product.name)

    @admin.display(description="판매")
    def state(self, pin: Pin) -> SafeString:
        """Whether the product can win."""
        product = pin.product
        can_win = product.status == "SALE" and product.stock > 0 and not product.hold
        return pill("판매 중", "ok") if can_win else pill("지금 팔지 않음", "warn")

    @admin.display(description="고정", ordering="pinned_at")
    def pinned(self, pin: Pin) -> SafeString:
        """When it was pinned."""
        return ago(pin.pinned_at)

    @admin.display(description="고치기")
    def edit(self, pin: Pin) -> SafeString:
        """The way to change it."""
        return link_to(reverse("admin:matching_pin_post", args=[pin.post_id]), "고치기")


def _describe_pin(post_id: int) -> dict[str, str]:
    pin = Pin.objects.filter(post_id=post_id).first()
    facts = get_facts_by_id([pin.product_id]) if pin else {}
    return {"sku": facts[pin.product_id].sku, "note": pin.note} if pin and facts else {}
