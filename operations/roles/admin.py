"""The page 사용자: who is there, in which role, and since when they were last seen."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from operations.roles import roleadmin as roleadmin  # the page 역할
from operations.roles.forms import MemberForm, NewMemberForm, RoleChoices, describe_permission
from operations.roles.models import Member, label_of
from operations.roles.selectors import count_rows, may_manage, select_grantable_groups
from operations.roles.table import ROLES
from perfhooks.desk import NOTHING, FastModelAdmin, ago, link_to, pill

# Their own pages give away everything to whoever may change a user.
admin.site.unregister([User, Group])

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[Member]
else:
    _UserAdmin = UserAdmin

FACTS: dict[str, list[str]] = {"groups": ["roles"], "is_staff": ["state"], "is_active": []}
"""What stands in place of the inputs where they may not be used."""
OWN_NOTE = "내 역할과 상태는 다른 관리자가 바꿉니다."


class RoleFilter(admin.SimpleListFilter):
    """Users by their role; read from the table, not from the database."""

    title = "역할"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The seven, other groups, and none."""
        roles = [(row.code, row.label) for row in ROLES.values()]
        return [*roles, ("other", "직접 만든 역할"), ("super", "최고 관리자"), ("none", "역할 없음")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Those of the chosen kind."""
        choice = self.value()
        if choice in ROLES:
            return queryset.filter(pk__in=User.objects.filter(groups__name=choice).values("pk"))
        if choice == "other":
            own = User.objects.filter(groups__in=Group.objects.exclude(name__in=ROLES))
            return queryset.filter(pk__in=own.values("pk"))
        if choice == "super":
            return queryset.filter(is_superuser=True)
        return queryset.filter(groups=None, is_superuser=False) if choice == "none" else queryset


class ActiveFilter(admin.SimpleListFilter):
    """Users who may log in, and those who may not any more."""

    title = "상태"
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two."""
        return [("yes", "활성"), ("no", "비활성")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Those of the chosen kind."""
        return queryset if self.value() is None else queryset.filter(is_active=self.value() == "yes")


@admin.register(Member)
class MemberAdmin(FastModelAdmin[Member], _UserAdmin):
    """Users. Nobody gives what he has not himself, manages somebody who may do more, or changes his own roles."""

    form = MemberForm
    add_form = NewMemberForm
    add_form_template = None
    list_display = ("account", "person", "roles", "state", "last_seen", "joined")
    list_filter = (RoleFilter, ActiveFilter)
    search_fields = ("username", "last_name", "first_name", "email")
    search_help_text = "아이디, 이름, 이메일로 찾습니다"
    ordering = ("username",)
    filter_horizontal = ()
    desk_note = "사람을 지우면 그 사람이 남긴 이력까지 사라지므로 지우지 않습니다. 대신 '활성'을 끄세요."
    readonly_fields = ("account", "password_link", "roles", "state", "direct_rights", "last_seen", "joined")
    change_form_template = "admin/roles/change_form.html"
    fieldsets = (
        (None, {"fields": ("username", "password_link")}),
        ("사람", {"fields": ("last_name", "first_name", "email")}),
        ("할 수 있는 일", {"fields": ("groups", "direct_rights", "is_staff", "is_active")}),
        ("기록", {"fields": ("last_seen", "joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        ("사람", {"fields": ("last_name", "first_name", "email")}),
        ("할 수 있는 일", {"fields": ("groups", "is_staff")}),
    )

    class Media:
        css = {"all": ["roles/roles.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Users with their groups and the number of rights given to them directly."""
        members: QuerySet[Member] = super().get_queryset(request).prefetch_related("groups")
        return members.annotate(direct_count=count_rows(User.user_permissions.through, "user"))

    def has_change_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        """Not somebody who may do more than oneself: a new password would hand all of that over."""
        return super().has_change_permission(request, obj) and (obj is None or may_manage(_actor(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: the history of what a user did would go too."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        """Another one decides over one's own rights; who may change nothing is shown facts, and no way to a password."""
        groups: Any = super().get_fieldsets(request, obj)
        if obj is None:
            return groups
        if not self.has_change_permission(request, obj):
            return _replace(groups, {"username": ["account"], "password_link": [], **FACTS})
        return _replace(groups, FACTS, note=OWN_NOTE) if obj.pk == request.user.pk else groups

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new user is one of the desk."""
        return {"is_staff": True}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The roles that this person may give."""
        groups = select_grantable_groups(_actor(request)).order_by(*roleadmin.IN_TABLE_ORDER)
        return RoleChoices(queryset=groups, label="역할", required=False)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Django's fields under the desk's names."""
        words = _FIELD_WORDS.get(db_field.name)
        if words:
            kwargs["label"], kwargs["help_text"] = words
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def response_add(self, request: HttpRequest, obj: Member, post_url_continue: str | None = None) -> HttpResponse:
        """Back to the list: a user is complete when added."""
        return admin.ModelAdmin.response_add(self, request, obj, post_url_continue)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What the history says: the roles by name, everything else as Django says it."""
        message = super().construct_change_message(request, form, formsets, add)
        if "groups" not in form.changed_data:
            return message
        before = [] if add else [*form.initial["groups"], *form.kept]
        change = f"역할: {_name_groups(before)} → {_name_groups(form.cleaned_data['groups'])}"
        others = [] if add else [str(form.fields[name].label) for name in form.changed_data if name != "groups"]
        return ", ".join([change, *others])

    @admin.display(description="아이디", ordering="username")
    def account(self, member: Member) -> str:
        """What the user logs in with."""
        return member.get_username()

    @admin.display(description="이름", ordering="last_name")
    def person(self, member: Member) -> str:
        """Who it is."""
        return member.person or NOTHING

    @admin.display(description="역할")
    def roles(self, member: Member) -> SafeString:
        """Every role, and rights besides them."""
        pills = [pill("최고 관리자", "warn")] if member.is_superuser else []
        names = {group.name for group in member.groups.all()}
        pills += [pill(row.label, "ok") for row in ROLES.values() if row.code in names]
        pills += [pill(name, "grey") for name in sorted(names - set(ROLES))]
        if number := getattr(member, "direct_count", None):
            pills.append(pill(f"직접 준 권한 {number}개", "warn"))
        return format_html_join(" ", "{}", ((each,) for each in pills)) if pills else pill("없음", "grey")

    @admin.display(description="상태", ordering="is_active")
    def state(self, member: Member) -> SafeString:
        """Whether the way to the desk is open."""
        if not member.is_active:
            return pill("비활성", "grey")
        return pill("활성", "ok") if member.is_staff else pill("데스크 막힘", "warn")

    @admin.display(description="마지막 로그인", ordering="last_login")
    def last_seen(self, member: Member) -> SafeString:
        """When the user last logged in."""
        return ago(member.last_login)

    @admin.display(description="등록", ordering="date_joined")
    def joined(self, member: Member) -> SafeString:
        """Since when the user is there."""
        return ago(member.date_joined)

    @admin.display(description="비밀번호")
    def password_link(self, member: Member) -> SafeString:
        """The way to another one."""
        word = "바꾸기" if member.has_usable_password() else "정하기"
        return link_to(reverse("admin:auth_user_password_change", args=[member.pk]), word)

    @admin.display(description="직접 준 권한")
    def direct_rights(self, member: Member) -> str:
        """Rights that came with no role; the shell alone gives and takes them."""
        given = member.user_permissions.select_related("content_type")
        return ", ".join(map(describe_permission, given)) or NOTHING


_FIELD_WORDS: dict[str, tuple[str, str]] = {
    "username": ("아이디", "로그인할 때 씁니다. 영문, 숫자, @ . + - _ 로 150자까지."),
    "is_staff": ("데스크 사용", "끄면 이 화면에 들어올 수 없고 API만 쓸 수 있습니다."),
    "is_active": ("활성", "끄면 로그인할 수 없습니다. 그만둔 사람은 지우지 말고 이것을 끄세요."),
}


def _replace(fieldsets: Any, others: dict[str, list[str]], *, note: str = "") -> list[tuple[Any, Any]]:
    """The groups of fields, with the named ones replaced; the note stands where the roles do."""
    replaced = []
    for title, options in fieldsets:
        fields = [other for name in options["fields"] for other in others.get(name, [name])]
        description = note if "roles" in fields else ""
        replaced.append((title, {**options, "fields": fields, "description": description}))
    return replaced


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _name_groups(groups: Any) -> str:
    return ", ".join(label_of(group.name) for group in groups) or "없음"
