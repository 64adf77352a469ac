"""Unique packs on the desk: started for a blog, each picture beside the used one that is nearest to it, then built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from content.desk import link_to_post
from content.media.pictures import DECODING_ERRORS
from content.packages.models import AssetUse, Decision, Derivative, UniquePack, UniquePicture, Verdict
from content.packages.previewing import shrink_picture
from content.packages.services import PackageRefused
from content.packages.unique import BLOG_ADVICE, build_pack, check_pack, decide_picture
from content.posts.models import Post
from perfhooks.desk import FastModelAdmin, ReadOnlyAdmin, ago, pill

if TYPE_CHECKING:
    _PackForm = forms.ModelForm[UniquePack]
else:
    _PackForm = forms.ModelForm

THUMBNAIL_PX = 640
TONES = {Verdict.NEW: "ok", Verdict.LOOK: "warn", Verdict.SAME: "bad"}


class UniquePackForm(_PackForm):
    """Post and blog. Saving it holds the post's pictures against the ledger."""

    post = forms.ModelChoiceField(
        Post.objects.all(),
        label="글",
        to_field_name="slug",
        widget=forms.TextInput(attrs={"size": 40}),
        help_text="글의 슬러그. 패키지나 글 화면에서 오면 채워져 있습니다",
        error_messages={"invalid_choice": "글: 이 슬러그의 글이 없습니다. 글 목록에서 슬러그를 확인하세요."},
    )
    blog = forms.CharField(label="블로그", max_length=40, help_text=BLOG_ADVICE)
    checked: int = 0
    actor_id: int | None = None

    class Meta:
        model = UniquePack
        fields = ["post", "blog"]

    def clean(self) -> dict[str, Any]:
        """Check the post's pictures; what keeps the pack from being started is said here."""
        values = dict(super().clean() or self.cleaned_data)
        if self.errors:
            return values
        try:
            self.checked = check_pack(post_id=values["post"].pk, blog=values["blog"], actor_id=self.actor_id).pack_id
        except PackageRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return values

    def _get_validation_exclusions(self) -> set[str]:
        """A pack that is there already is held against the ledger anew: its row is no conflict."""
        return {*super()._get_validation_exclusions(), "blog"}  # type: ignore[misc]


@admin.register(UniquePack)
class UniquePackAdmin(FastModelAdmin[UniquePack]):
    """Unique packs, the newest first."""

    form = UniquePackForm
    list_display = ("post_title", "blog", "state", "built", "requested")
    list_select_related = ("post", "package")
    search_fields = ("post__slug", "post__title", "blog")
    search_help_text = "글의 슬러그와 제목, 블로그로 찾습니다"
    ordering = ("-id",)
    empty_hint = "오른쪽 위의 '유니크 팩 추가'로 글과 블로그를 고르세요."
    change_form_template = "admin/packages/uniquepack/change_form.html"

    def has_change_permission(self, request: HttpRequest, obj: UniquePack | None = None) -> bool:
        """Its fields are fixed; decisions are made by buttons."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UniquePack | None = None) -> bool:
        """It stays as the record of what was decided."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[UniquePack]:
        """Packs with how many pictures wait for a decision."""
        is_open = ~Q(pictures__verdict=Verdict.NEW) & Q(pictures__decision=Decision.NONE)
        packs: QuerySet[UniquePack] = super().get_queryset(request)
        return packs.annotate(open_count=Count("pictures", filter=is_open), picture_count=Count("pictures"))

    def get_form(self, request: HttpRequest, obj: UniquePack | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, which knows who asks."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.actor_id = request.user.pk
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The post whose page led here, by its slug."""
        given = request.GET.get("post", "")
        key = int(given) if given.isdecimal() and len(given) < 19 else 0
        return {"post": Post.objects.filter(pk=key).values_list("slug", flat=True).first()}

    def get_fieldsets(self, request: HttpRequest, obj: UniquePack | None = None) -> list[tuple[Any, Any]]:
        """Post and blog to choose; once they are, the page's head says them."""
        return [] if obj else list(super().get_fieldsets(request, obj))

    def get_urls(self) -> list[URLPattern]:
        """The pages, and what their buttons do."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pack_id>/check/", wrap(self.check_view), name="packages_uniquepack_check"),
            path("<int:pack_id>/build/", wrap(self.build_view), name="packages_uniquepack_build"),
            path("picture/<int:picture_id>/decide/", wrap(self.decide_view), name="packages_uniquepack_decide"),
            path("picture/<int:picture_id>/<str:side>/", wrap(self.picture_view), name="packages_uniquepack_picture"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: UniquePack, form: Any, change: bool) -> None:
        """The service has kept it already."""
        kept = UniquePack.objects.get(pk=form.checked)
        obj.pk, obj.requested_at, obj.checked_at = kept.pk, kept.requested_at, kept.checked_at
        obj._state.adding = False

    def response_add(self, request: HttpRequest, obj: UniquePack, post_url_continue: str | None = None) -> HttpResponse:
        """On to the pictures."""
        return HttpResponseRedirect(reverse("admin:packages_uniquepack_change", args=[obj.pk]))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: UniquePack | None = None,
    ) -> HttpResponse:
        """The pictures, each beside the used one that is nearest."""
        if obj is not None:
            pictures = list(obj.pictures.select_related("nearest__package__post", "decided_by").order_by("order"))
            context["pictures"] = [
                (picture, pill(picture.get_verdict_display(), TONES[Verdict(picture.verdict)])) for picture in pictures
            ]
            context["open_count"] = sum(picture.is_open for picture in pictures)
            context["may_decide"] = may_decide(request)
            context["title"] = f"유니크 팩: {obj.post.title} → {obj.blog}"
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, {**context, **one_button}, add, change, form_url, obj)

    def check_view(self, request: HttpRequest, pack_id: int) -> HttpResponse:
        """Hold the post's pictures against the ledger anew."""
        pack = self._get_for_action(request, pack_id)

        def check() -> str:
            done = check_pack(post_id=pack.post_id, blog=pack.blog, actor_id=request.user.pk)
            return f"다시 대조했습니다: 새 사진 {done.new}장, 눈으로 확인 {done.look}장, 이미 쓴 사진 {done.same}장."

        return self._act(request, pack_id, check)

    def build_view(self, request: HttpRequest, pack_id: int) -> HttpResponse:
        """Build the pack."""
        self._get_for_action(request, pack_id)

        def build() -> str:
            package = build_pack(pack_id=pack_id, actor_id=request.user.pk)
            return f"유니크 팩을 만들었습니다: {package.storage_path} (이미지 {package.image_count}장)"

        return self._act(request, pack_id, build)

    def decide_view(self, request: HttpRequest, picture_id: int) -> HttpResponse:
        """Keep what the editor decided about a picture."""
        picture = UniquePicture.objects.filter(pk=picture_id).first()
        if not may_decide(request):
            raise PermissionDenied
        if picture is None:
            raise Http404("이미지가 없습니다. 다시 대조하세요.")

        def decide() -> str:
            done = decide_picture(
                picture_id=picture_id,
                decision=request.POST.get("decision", ""),
                note=request.POST.get("note", ""),
                actor_id=request.user.pk,
            )
            return f"{done.label}: {done.get_decision_display()}"

        return self._act(request, picture.pack_id, decide)

    def picture_view(self, request: HttpRequest, picture_id: int, side: str) -> HttpResponse:
        """A small copy of a pack's picture (own) or of the used one beside it (used)."""
        if not request.user.has_perm("packages.view_uniquepack"):
            raise PermissionDenied
        picture = UniquePicture.objects.select_related("nearest").filter(pk=picture_id).first()
        shown = picture if side == "own" else picture.nearest if picture and side == "used" else None
        data = read_small(shown.sha256) if shown else b""
        if not data:
            raise Http404("이미지 파일이 없습니다.")
        response = HttpResponse(data, content_type="image/jpeg")
        response.headers["Cache-Control"] = "private, max-age=600"
        return response

    def _get_for_action(self, request: HttpRequest, pack_id: int) -> UniquePack:
        if not may_decide(request):
            raise PermissionDenied
        pack = UniquePack.objects.filter(pk=pack_id).first()
        if pack is None:
            raise Http404("유니크 팩이 없습니다. 목록에서 다시 고르세요.")
        return pack

    def _act(self, request: HttpRequest, pack_id: int, act: Callable[[], str]) -> HttpResponse:
        """Do it when it was asked for by a button, and go back to the pack with what came of it."""
        if request.method == "POST":
            try:
                words = act()
            except ValidationError as error:
                for message in error.messages:
                    messages.error(request, message)
            except PackageRefused as refusal:
                messages.error(request, str(refusal))
            else:
                self.log_change(request, UniquePack.objects.get(pk=pack_id), words)
                messages.success(request, words)
        return HttpResponseRedirect(reverse("admin:packages_uniquepack_change", args=[pack_id]))

    @admin.display(description="글", ordering="post__title")
    def post_title(self, pack: UniquePack) -> str:
        """The post's title, which leads to the pack."""
        return pack.post.title

    @admin.display(description="상태")
    def state(self, pack: Any) -> SafeString:
        """Whether decisions are missing."""
        if pack.open_count:
            return pill(f"정할 이미지 {pack.open_count}장", "warn")
        return pill("만듦", "ok") if pack.package_id else pill("만들 수 있음", "grey")

    @admin.display(description="패키지")
    def built(self, pack: UniquePack) -> SafeString:
        """When its package was built."""
        return ago(pack.package.built_at if pack.package else None)

    @admin.display(description="요청", ordering="requested_at")
    def requested(self, pack: UniquePack) -> SafeString:
        """When it was asked for."""
        return ago(pack.requested_at)


@admin.register(AssetUse)
class AssetUseAdmin(ReadOnlyAdmin[AssetUse]):
    """The ledger of used pictures."""

    list_display = ("short", "blog", "slug", "used_in", "first_used")
    list_filter = ("blog",)
    list_select_related = ("package__post",)
    search_fields = ("sha256", "slug", "blog")
    search_help_text = "SHA-256, 글 슬러그, 블로그로 찾습니다"
    ordering = ("-id",)
    is_big = True
    empty_hint = "패키지를 만들면 그 이미지가 여기에 남습니다."
    fields = ("sha256", "blog", "slug", "used_in", "storage_name", "first_used")

    @admin.display(description="SHA-256")
    def short(self, use: AssetUse) -> str:
        """The beginning of the original's fingerprint."""
        return use.sha256[:12]

    @admin.display(description="패키지")
    def used_in(self, use: AssetUse) -> SafeString:
        """The post of the package that showed it first."""
        return link_to_post(use.package.post_id, use.package.post.title) if use.package else pill("정리됨", "grey")

    @admin.display(description="처음 쓴 시각", ordering="first_used_at")
    def first_used(self, use: AssetUse) -> SafeString:
        """When it was first shown."""
        return ago(use.first_used_at)


def may_decide(request: HttpRequest) -> bool:
    """Whether this person may make unique packs."""
    return request.user.has_perm("packages.add_uniquepack")


def read_small(sha256: str) -> bytes:
    """A small copy of an original's converted picture; empty when there is none."""
    rows = Derivative.objects.filter(original_sha256=sha256, part__in=["picture", "frame:0"]).order_by("-pk")
    row = rows.first()
    try:
        if row is None:
            return b""
        with default_storage.open(row.storage_name) as file:
            return shrink_picture(file.read(), THUMBNAIL_PX)
    except DECODING_ERRORS:
        return b""
