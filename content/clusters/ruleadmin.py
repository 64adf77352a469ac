"""What editors say about links on the desk: wanted and unwanted ones, and the words that lead to a post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from content.clusters.anchors import find_problem, fold
from content.clusters.editing import add_anchor, remove_anchor, set_link_rule
from content.clusters.models import Anchor, LinkRule
from content.desk import link_to_post
from perfhooks.desk import NOTHING, FastModelAdmin, ago, pill

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from content.posts.models import Post


class LinkRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Two posts, and whether a link is wanted."""

    class Meta:
        model = LinkRule
        fields = ("source", "target", "kind", "words", "note")

    def clean(self) -> dict[str, Any]:
        """Refuse what could never be done, at its field."""
        data = super().clean() or {}
        if data.get("source") and data.get("source") == data.get("target"):
            self.add_error("target", "연결할 글: 넣을 글과 다른 글을 고르세요.")
        words = (data.get("words") or "").strip()
        if words and data.get("kind") == LinkRule.Kind.PIN:
            problem = find_problem(words)
            if problem:
                self.add_error("words", problem)
        return data


@admin.register(LinkRule)
class LinkRuleAdmin(FastModelAdmin[LinkRule]):
    """Editors' wishes, the newest first. They win over every plan."""

    form = LinkRuleForm
    list_display = ("source_title", "target_title", "kind_pill", "words_shown", "note", "made_by", "made")
    list_filter = ("kind",)
    list_select_related = ("source", "target", "made_by")
    search_fields = ("source__slug", "source__title", "target__slug", "target__title")
    search_help_text = "두 글의 슬러그와 제목으로 찾습니다"
    ordering = ("-id",)
    autocomplete_fields = ("source", "target")
    empty_hint = "'링크 규칙 추가'로 꼭 넣을 링크를 고정하거나 넣지 않을 링크를 막습니다."

    def save_model(self, request: HttpRequest, obj: LinkRule, form: Any, change: bool) -> None:
        """Save through the service."""
        if change and {"source", "target"} & set(form.changed_data):
            LinkRule.objects.filter(pk=obj.pk).delete()
        set_link_rule(
            source_id=obj.source_id,
            target_id=obj.target_id,
            kind=obj.kind,
            words=obj.words.strip(),
            note=obj.note,
            actor_id=request.user.pk,
        )
        obj.pk = LinkRule.objects.values_list("pk", flat=True).get(source=obj.source_id, target=obj.target_id)

    @admin.display(description="넣을 글", ordering="source__title")
    def source_title(self, rule: LinkRule) -> str:
        """The post that holds it."""
        return rule.source.title

    @admin.display(description="연결할 글", ordering="target__title")
    def target_title(self, rule: LinkRule) -> SafeString:
        """The post that it leads to."""
        return link_to_post(rule.target_id, rule.target.title)

    @admin.display(description="종류", ordering="kind")
    def kind_pill(self, rule: LinkRule) -> SafeString:
        """Whether it is wanted."""
        return pill("고정", "ok") if rule.kind == LinkRule.Kind.PIN else pill("막음", "bad")

    @admin.display(description="낱말")
    def words_shown(self, rule: LinkRule) -> str:
        """The words that are to be linked."""
        return rule.words or NOTHING

    @admin.display(description="정한 때", ordering="made_at")
    def made(self, rule: LinkRule) -> SafeString:
        """When."""
        return ago(rule.made_at)


class AnchorForm(forms.ModelForm):  # type: ignore[type-arg]
    """A post and the words that lead to it."""

    class Meta:
        model = Anchor
        fields = ("target", "text")

    def clean_text(self) -> str:
        """Words that may be an anchor, and are nobody else's."""
        words = " ".join(str(self.cleaned_data["text"]).split())
        problem = find_problem(words)
        if problem:
            raise forms.ValidationError(problem)
        target: Post | None = self.cleaned_data.get("target")
        held = Anchor.objects.filter(key=fold(words), origin=Anchor.Origin.EDITOR).select_related("target").first()
        if held is not None and target is not None and held.target_id != target.pk:
            raise forms.ValidationError(
                f"낱말: '{words}'은(는) 이미 '{held.target.title}' 글의 앵커입니다. 다른 낱말을 쓰세요."
            )
        return words


@admin.register(Anchor)
class AnchorAdmin(FastModelAdmin[Anchor]):
    """The words that lead to posts; those of titles come and go with the plans."""

    form = AnchorForm
    list_display = ("text", "target_title", "origin_pill")
    list_filter = ("origin",)
    list_select_related = ("target",)
    search_fields = ("text", "target__slug", "target__title")
    search_help_text = "낱말, 글의 슬러그와 제목으로 찾습니다"
    ordering = ("origin", "id")
    autocomplete_fields = ("target",)
    actions = None
    empty_hint = "링크를 계획하면 제목의 낱말이 쌓입니다. '앵커 추가'로 글을 가리킬 낱말을 직접 정할 수 있습니다."

    def has_change_permission(self, request: HttpRequest, obj: Anchor | None = None) -> bool:
        """Words are added and deleted, not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Anchor | None = None) -> bool:
        """Those of titles would come back."""
        is_own = obj is None or obj.origin == Anchor.Origin.EDITOR
        return is_own and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Anchor, form: Any, change: bool) -> None:
        """Save through the service."""
        add_anchor(target_id=obj.target_id, text=obj.text)
        obj.pk = Anchor.objects.values_list("pk", flat=True).get(key=fold(obj.text))

    def delete_model(self, request: HttpRequest, obj: Anchor) -> None:
        """Delete through the service."""
        remove_anchor(anchor_id=obj.pk)

    @admin.display(description="연결할 글", ordering="target__title")
    def target_title(self, anchor: Anchor) -> SafeString:
        """The post that they lead to."""
        return link_to_post(anchor.target_id, anchor.target.title)

    @admin.display(description="출처", ordering="origin")
    def origin_pill(self, anchor: Anchor) -> SafeString:
        """Where the words come from."""
        return pill(anchor.get_origin_display(), "ok" if anchor.origin == Anchor.Origin.EDITOR else "grey")
