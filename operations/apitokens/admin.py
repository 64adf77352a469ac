"""The page API 토큰: who calls the API by what, since when; making a token, which is shown once, and revoking."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from operations.apitokens.forms import NewTokenForm
from operations.apitokens.models import ApiToken
from operations.apitokens.services import TokenError, create_token, revoke_tokens
from perfhooks.desk import FastModelAdmin, ago, link_to, pill
from products.catalog.scopes import SCOPE_WORDS

ISSUED_TEMPLATE = "admin/apitokens/apitoken/issued.html"
REVOKE_TEMPLATE = "admin/apitokens/apitoken/revoke.html"


class StateFilter(admin.SimpleListFilter):
    """Tokens that open something, and those that do not any more."""

    title = "상태"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The three."""
        return [("open", "사용 중"), ("expired", "만료"), ("revoked", "폐기")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        """Those of the chosen state."""
        now = timezone.now()
        chosen = {
            "open": Q(revoked_at=None, expires_at__gt=now, user__is_active=True),
            "expired": Q(revoked_at=None, expires_at__lte=now),
            "revoked": Q(revoked_at__isnull=False),
        }
        return queryset.filter(chosen[self.value() or ""]) if self.value() in chosen else queryset


@admin.register(ApiToken)
class ApiTokenAdmin(FastModelAdmin[ApiToken]):
    """Tokens. They are made and revoked, never changed; a revoked one stays, so that the history can be read."""

    form = NewTokenForm
    list_display = ("purpose", "owner", "beginning", "allowed", "state", "used", "ends")
    list_filter = (StateFilter,)
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    search_help_text = "이름, 앞자리, 사용자 아이디로 찾습니다"
    ordering = ("-pk",)
    actions = ("revoke",)
    fields = ("name", "owner", "beginning", "allowed", "state", "used", "ends", "made")
    add_fields = ("user", "name", "scopes", "days")
    readonly_fields = ("owner", "beginning", "allowed", "state", "used", "ends", "made")
    empty_hint = "기계가 API를 부르게 하려면 토큰을 만드세요."

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form with the one button that leads to the token."""
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        context = {**one_button, **(extra_context or {})}
        try:
            return super().add_view(request, form_url, context)
        except TokenError as error:
            request.token_refusal = str(error)  # type: ignore[attr-defined]
            return super().add_view(request, form_url, context)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Inputs for a new one, facts of an old one."""
        return self.add_fields if obj is None else self.fields

    def get_form(self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, which knows who fills it in."""
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = request.user  # type: ignore[attr-defined]
        form.refusal = getattr(request, "token_refusal", "")  # type: ignore[attr-defined]
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what a token may do is said when it is made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a revoked token stays in sight."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may change tokens may revoke them."""
        return request.user.has_perm("apitokens.change_apitoken")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token; its text goes into this request's answer and nowhere else."""
        given = form.cleaned_data
        made = create_token(user=given["user"], name=given["name"], scopes=given["scopes"], days=given["days"])
        obj.pk, obj.prefix = made.row.pk, made.row.prefix
        request.issued_token = made.text  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The one page that shows the token. Sent again, the form is refused by the token's name."""
        context = {
            **self.admin_site.each_context(request),
            "title": "새 API 토큰",
            "opts": self.opts,
            "token": request.issued_token,  # type: ignore[attr-defined]
            "row": obj,
        }
        return TemplateResponse(request, ISSUED_TEMPLATE, context)

    @admin.action(description="폐기", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> HttpResponse | None:
        """Ask, then close the chosen tokens for good."""
        still_open = list(queryset.filter(revoked_at=None).select_related("user"))
        if "post" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": "API 토큰 폐기",
                "opts": self.opts,
                "tokens": still_open,
                "chosen": queryset.count(),
            }
            return TemplateResponse(request, REVOKE_TEMPLATE, context)
        closed = revoke_tokens(token_ids=[token.pk for token in still_open])
        for token in still_open:
            self.log_change(request, token, "폐기")
        level = messages.SUCCESS if closed else messages.WARNING
        self.message_user(request, f"토큰 {closed:,}개를 폐기했습니다. 더 이상 사용할 수 없습니다.", level)
        return None

    @admin.display(description="이름", ordering="name")
    def purpose(self, token: ApiToken) -> str:
        """Where it is used; under a name of its own, since lists give a column `name` the room of a product's name."""
        return token.name

    @admin.display(description="사용자", ordering="user__username")
    def owner(self, token: ApiToken) -> SafeString:
        """Whose rights it has."""
        return link_to(reverse("admin:roles_member_change", args=[token.user_id]), token.user.get_username())

    @admin.display(description="토큰")
    def beginning(self, token: ApiToken) -> SafeString:
        """As much of it as may be shown."""
        return format_html('<span class="num">{}</span>', token.shown)

    @admin.display(description="범위")
    def allowed(self, token: ApiToken) -> SafeString:
        """What it may be used for."""
        return format_html_join(" ", "{}", ((pill(SCOPE_WORDS.get(scope, scope), "grey"),) for scope in token.scopes))

    @admin.display(description="상태")
    def state(self, token: ApiToken) -> SafeString:
        """Whether it opens anything."""
        if token.revoked_at is not None:
            return pill("폐기", "grey")
        if token.is_expired:
            return pill("만료", "grey")
        return pill("사용 중", "ok") if token.user.is_active else pill("사용자 비활성", "warn")

    @admin.display(description="마지막 사용", ordering="last_used_at")
    def used(self, token: ApiToken) -> SafeString:
        """When it was last shown; exact to a minute."""
        return ago(token.last_used_at)

    @admin.display(description="만료", ordering="expires_at")
    def ends(self, token: ApiToken) -> SafeString:
        """When its time is over."""
        return ago(token.expires_at)

    @admin.display(description="생성 시각", ordering="created_at")
    def made(self, token: ApiToken) -> SafeString:
        """When it was made."""
        return ago(token.created_at)
