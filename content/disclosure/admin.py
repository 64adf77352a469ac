"""Disclosures on the desk: the sentences in their versions, and the prices that were typed into posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.desk import format_number, link_to_post
from content.disclosure.models import DisclosureVersion, Language, PriceLiteral
from content.disclosure.rules import load_rules
from content.disclosure.selectors import list_current_versions
from content.disclosure.services import add_version, check_version
from content.times import korean_today
from perfhooks.desk import NOTHING, FastModelAdmin, ReadOnlyAdmin, ago, pill

if TYPE_CHECKING:
    _VersionForm = forms.ModelForm[DisclosureVersion]
else:
    _VersionForm = forms.ModelForm


class VersionForm(_VersionForm):
    """A new version; wording that a reader cannot rely on is refused beside the field."""

    class Meta:
        model = DisclosureVersion
        fields = ["relationship", "language", "sentence", "effective_from"]
        widgets = {"sentence": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})}

    def clean(self) -> dict[str, Any]:
        """What the service would keep."""
        values = dict(super().clean() or self.cleaned_data)
        if not self.errors:
            try:
                values["sentence"] = check_version(**values)
            except ValidationError as refused:
                self.add_error(None, refused)
        return values


@admin.register(DisclosureVersion)
class DisclosureVersionAdmin(FastModelAdmin[DisclosureVersion]):
    """The sentences. A version is written once: what was published with it stays explained."""

    form = VersionForm
    list_display = ("version_id", "relationship", "language", "sentence", "effective_from", "standing")
    list_filter = ("relationship", "language")
    search_fields = ("sentence",)
    search_help_text = "문구로 찾습니다"
    ordering = ("relationship", "language", "-number")
    empty_hint = "첫 문구는 프로그램에 들어 있습니다. 바꾸려면 '고지 문구 추가'를 누르세요."
    fields = ("relationship", "language", "sentence", "effective_from", "rules")
    readonly_fields = ("rules",)

    def has_change_permission(self, request: HttpRequest, obj: DisclosureVersion | None = None) -> bool:
        """Nobody changes a version: a changed sentence is a new one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DisclosureVersion | None = None) -> bool:
        """Packages name the version that they carry."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Today, in Korea."""
        return {"effective_from": korean_today(), **super().get_changeform_initial_data(request)}

    def get_queryset(self, request: HttpRequest) -> Any:
        """The rows; the versions in force are asked once for the whole list."""
        self._current = {*list_current_versions(), *list_current_versions(language="en")}
        return super().get_queryset(request)

    def save_model(self, request: HttpRequest, obj: DisclosureVersion, form: Any, change: bool) -> None:
        """Save through the service."""
        saved = add_version(
            relationship=obj.relationship,
            sentence=obj.sentence,
            effective_from=obj.effective_from,
            language=obj.language,
            author_id=request.user.pk,
        )
        obj.pk, obj.number = saved.id, int(saved.version.rpartition(".")[2])
        obj._state.adding = False
        if obj.language == Language.KOREAN:
            messages.info(request, f"이 관계의 글 {saved.posts:,}개에 적용 시작일부터 차례로 들어갑니다.")
        else:
            messages.info(request, "보관했습니다. 지금 글은 모두 한국어라 이 문구가 들어가는 글은 없습니다.")

    @admin.display(description="판", ordering="number")
    def version_id(self, row: DisclosureVersion) -> str:
        """Its id."""
        return row.version

    @admin.display(description="상태")
    def standing(self, row: DisclosureVersion) -> SafeString:
        """Whether it is the one in force, one to come, or a former one."""
        if row.version in self._current:
            return pill("적용 중", "ok")
        return pill("예정", "warn") if row.effective_from > korean_today() else pill("지난 판", "grey")

    @admin.display(description="지킬 규칙")
    def rules(self, row: DisclosureVersion) -> SafeString:
        """The rules that hold today, with their dates and sources."""
        rows = (
            (rule.country, rule.holds_from, rule.text, rule.source)
            for rule in load_rules().list_holding(korean_today())
        )
        line = '<li><strong>{}</strong> {}부터: {} <span class="muted">{}</span></li>'
        return format_html("<ul>{}</ul>", format_html_join("", line, rows))


@admin.register(PriceLiteral)
class PriceLiteralAdmin(ReadOnlyAdmin[PriceLiteral]):
    """The typed-in prices of all posts; each is mended on its post's page."""

    list_display = ("text", "kind", "amount", "instead", "post_title", "line", "rule_id", "found")
    list_filter = ("kind", "part", "post__status")
    list_select_related = ("post",)
    search_fields = ("text", "post__slug", "post__title")
    search_help_text = "문구, 글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    empty_hint = "본문에 직접 쓴 가격이 없다는 뜻입니다. 글을 저장하면 찾습니다."

    @admin.display(description="값", ordering="value")
    def amount(self, literal: PriceLiteral) -> SafeString | str:
        """Its value in won."""
        return NOTHING if literal.value is None else format_number(literal.value)

    @admin.display(description="바꿀 자리표시")
    def instead(self, literal: PriceLiteral) -> str:
        """What to write instead."""
        return literal.placeholder or NOTHING

    @admin.display(description="글", ordering="post__title")
    def post_title(self, literal: PriceLiteral) -> SafeString:
        """The post."""
        return link_to_post(literal.post_id, literal.post.title)

    @admin.display(description="발견", ordering="found_at")
    def found(self, literal: PriceLiteral) -> SafeString:
        """When it was found."""
        return ago(literal.found_at)
