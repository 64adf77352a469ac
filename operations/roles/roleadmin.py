"""The page 역할: the seven roles, what they may do in one table, and the groups that people made besides."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from operations.roles.forms import PermissionChoices, RoleForm, describe_permission
from operations.roles.matrix import read_matrix
from operations.roles.models import Role, TableGrant, label_of
from operations.roles.selectors import count_rows, list_added_by_hand, select_grantable_permissions
from operations.roles.table import ROLES
from perfhooks.desk import NOTHING, FastModelAdmin, link_to, pill

TABLE_PAGE = "roles_role_table"
IN_TABLE_ORDER = (
    Case(
        *(When(name=code, then=Value(number)) for number, code in enumerate(ROLES)),
        default=Value(len(ROLES)),
        output_field=IntegerField(),
    ).asc(),
    "name",
)
"""The seven in the table's order, then the groups that people made."""


@admin.register(Role)
class RoleAdmin(FastModelAdmin[Role]):
    """Roles. What the table gives is not edited here; what people add to it stands beside it, and stays."""

    form = RoleForm
    list_display = ("title", "purpose", "people", "rights", "added")
    search_fields = ("name",)
    search_help_text = "역할의 코드로 찾습니다"
    change_form_template = "admin/roles/change_form.html"
    change_list_template = "admin/roles/role/change_list.html"

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """The table's order."""
        return IN_TABLE_ORDER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        """Roles with the numbers of their people and rights, as one subquery each."""
        roles: QuerySet[Role] = super().get_queryset(request)
        return roles.annotate(
            people_count=count_rows(User.groups.through, "group"),
            right_count=count_rows(Group.permissions.through, "group"),
            given_count=count_rows(TableGrant, "group"),
        )

    def get_urls(self) -> list[URLPattern]:
        """The page 역할표 stands before the pages of single roles."""
        return [path("table/", self.admin_site.admin_view(self.table_view), name=TABLE_PAGE), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The seven stay: the next migrate would bring them back without their people."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in ROLES)

    def get_fieldsets(self, request: HttpRequest, obj: Role | None = None) -> list[tuple[Any, Any]]:
        """What the table says of a role above what people added; a group that people made has no table."""
        if obj is None or obj.row is None:
            return [(None, {"fields": ("name", "permissions")})]
        return [
            (None, {"fields": ("code", "purpose", "people", "table_rights")}),
            ("직접 더한 권한", {"fields": ("permissions",), "description": ADDED_NOTE}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        """The seven keep their names."""
        return ("code", "purpose", "people", "table_rights") if obj and obj.row else ()

    def get_form(self, request: HttpRequest, obj: Role | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Offers what this person has himself and the table does not give already."""
        form = super().get_form(request, obj, change, **kwargs)
        if "permissions" in form.base_fields:
            actor: User = request.user  # type: ignore[assignment]
            offered = select_grantable_permissions(actor).select_related("content_type")
            if obj is not None:
                offered = offered.exclude(pk__in=TableGrant.objects.filter(group=obj).values("permission"))
            form.base_fields["permissions"].queryset = offered  # type: ignore[attr-defined]
        return form

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Permissions in Korean."""
        kwargs["widget"] = FilteredSelectMultiple("권한", is_stacked=False)
        return super().formfield_for_manytomany(db_field, request, form_class=PermissionChoices, **kwargs)

    def table_view(self, request: HttpRequest) -> HttpResponse:
        """What each role may do, page by page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "역할표",
            "opts": self.opts,
            "roles": list(ROLES.values()),
            "groups": read_matrix(self.admin_site),
            "added": [
                (label_of(name), [describe_permission(each) for each in permissions])
                for name, permissions in list_added_by_hand().items()
            ],
        }
        return TemplateResponse(request, "admin/roles/role/table.html", context)

    @admin.display(description="역할")
    def title(self, role: Role) -> SafeString:
        """The name on the desk, with the code that the shell takes."""
        code = format_html(' <span class="mono muted">{}</span>', role.name) if role.row else ""
        return format_html("{}{}", label_of(role.name), code)

    @admin.display(description="코드")
    def code(self, role: Role) -> SafeString:
        """What the shell calls it."""
        return format_html('<span class="mono">{}</span>', role.name)

    @admin.display(description="하는 일")
    def purpose(self, role: Role) -> str:
        """What it is for."""
        return role.row.purpose if role.row else "직접 만든 역할입니다."

    @admin.display(description="사람", ordering="people_count")
    def people(self, role: Any) -> SafeString | str:
        """How many have it, leading to them."""
        address = f"{reverse('admin:roles_member_changelist')}?role={role.name if role.row else 'other'}"
        return link_to(address, f"{role.people_count:,}명") if role.people_count else "0명"

    @admin.display(description="권한", ordering="right_count")
    def rights(self, role: Any) -> str:
        """How many permissions it holds."""
        return f"{role.right_count:,}개"

    @admin.display(description="직접 더한 권한")
    def added(self, role: Any) -> SafeString | str:
        """How many of them people added to what the table says."""
        number = role.right_count - role.given_count
        return pill(f"{number:,}개", "warn") if role.row and number else NOTHING

    @admin.display(description="역할표가 주는 권한")
    def table_rights(self, role: Role) -> SafeString:
        """The permissions by table of the database."""
        given = [grant.permission for grant in role.table_grants.select_related("permission__content_type")]
        words = sorted(map(describe_permission, given))
        link = link_to(reverse(f"admin:{TABLE_PAGE}"), f"{len(words):,}개를 역할표에서 보기")
        lines = format_html_join("", "<li>{}</li>", ((word,) for word in words))
        return format_html("{}<details><summary>모두 펼치기</summary><ul>{}</ul></details>", link, lines)


ADDED_NOTE = (
    "역할표에 없는 권한을 이 역할에 더 줍니다. 업데이트해도 남아 있고, 역할 목록과 역할표에 표시됩니다. "
    "역할표에 있는 권한은 여기서 뺄 수 없습니다."
)
