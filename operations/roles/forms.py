"""The forms of users and roles. What its reader may not give is not offered, and what was there already stays."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.auth.forms import UserCreationForm, UsernameField
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError

from operations.roles.models import Member, Role
from operations.roles.table import ACTION_WORDS, DEEDS, ROLES, find_role, name_action

if TYPE_CHECKING:
    _MemberModelForm = forms.ModelForm[Member]
    _RoleModelForm = forms.ModelForm[Role]
    _NewUserForm = UserCreationForm[Member]
    _Choices = forms.ModelMultipleChoiceField[Any]
else:
    _MemberModelForm = forms.ModelForm
    _RoleModelForm = forms.ModelForm
    _NewUserForm = UserCreationForm
    _Choices = forms.ModelMultipleChoiceField


class RoleChoices(_Choices):
    """Groups by their names on the desk, each with what it is for."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group: Group) -> str:
        """편집자: 글과 비교표를 쓰고 ..."""
        row = ROLES.get(group.name)
        return f"{row.label}: {row.purpose}" if row else f"{group.name}: 직접 만든 역할"


class PermissionChoices(_Choices):
    """Permissions in Korean words."""

    def label_from_instance(self, permission: Permission) -> str:
        """상품: 고치기."""
        return describe_permission(permission)


class KeepingForm:
    """Mixed into a model form: what the person may not give or take is not offered, and stays as it is."""

    given_field: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show only what is offered as chosen."""
        super().__init__(*args, **kwargs)
        own: Any = self
        self.kept: list[Any] = []
        if self.given_field in own.fields:
            held = list(own.initial.get(self.given_field, ()))
            offered = set(own.fields[self.given_field].queryset.filter(pk__in=[row.pk for row in held]))
            self.kept = [row for row in held if row not in offered]
            own.initial[self.given_field] = [row for row in held if row in offered]

    def keep(self) -> list[Any]:
        """What is to be saved: the chosen ones and those that were not offered."""
        own: Any = self
        return [*own.cleaned_data[self.given_field], *self.kept]


class MemberForm(KeepingForm, _MemberModelForm):
    """A user. Rights come with roles; who is over everything is said in the shell only."""

    given_field = "groups"

    class Meta:
        model = Member
        fields = ["username", "last_name", "first_name", "email", "groups", "is_staff", "is_active"]
        field_classes = {"username": UsernameField}

    def clean_groups(self) -> list[Any]:
        """The chosen roles, and those that this person may not take away."""
        return self.keep()


class NewMemberForm(_NewUserForm):
    """A new user with a first password."""

    class Meta(UserCreationForm.Meta):
        model = Member
        fields = ("username",)


class RoleForm(KeepingForm, _RoleModelForm):
    """A group that people made, or what they added to one of the seven."""

    given_field = "permissions"

    class Meta:
        model = Role
        fields = ["name", "permissions"]
        labels = {"permissions": "권한"}

    def clean_name(self) -> str:
        """A name that nobody takes for one of the seven."""
        name: str = self.cleaned_data["name"]
        if (row := find_role(name)) is not None:
            raise ValidationError(f"{name!r}은(는) 역할표의 {row.label} 역할과 같은 이름입니다. 다른 이름을 쓰세요.")
        return name

    def clean_permissions(self) -> list[Any]:
        """The chosen permissions, and those that this person may not take away."""
        return self.keep()


def describe_permission(permission: Permission) -> str:
    """A permission in Korean: what on which table. An app that is gone leaves its permissions, under their plain names."""
    kind = permission.content_type
    model = kind.model_class()
    if model is None:
        return permission.name
    action = name_action(permission.codename, kind.model)
    deed = DEEDS.get(f"{model._meta.app_config.name}.{kind.model}.{action}")
    return f"{model._meta.verbose_name}: {deed or ACTION_WORDS.get(action, permission.name)}"
