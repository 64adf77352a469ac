"""The form of a new token."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User

from operations.apitokens.models import ApiToken
from operations.apitokens.services import DAYS_DEFAULT
from operations.roles.selectors import may_manage
from products.catalog.scopes import SCOPE_WORDS

if TYPE_CHECKING:
    _TokenModelForm = forms.ModelForm[ApiToken]
else:
    _TokenModelForm = forms.ModelForm

PERIODS = [(30, "30일"), (DAYS_DEFAULT, f"{DAYS_DEFAULT}일"), (180, "180일"), (365, "1년")]


class NewTokenForm(_TokenModelForm):
    """Whose token, for what, how long. Nobody makes a token of somebody who may do more than oneself."""

    actor: User
    """Who fills in the form; set by the page."""
    refusal = ""
    """Why the token could not be made though the form was in order; set by the page."""

    user = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True).order_by("username"),
        label="사용자",
        help_text="토큰은 이 사람의 권한을 넘지 못합니다. 기계마다 사용자를 따로 두면 이력에서 구별됩니다.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{words} ({scope})") for scope, words in SCOPE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        label="범위",
        help_text="필요한 것만 고르세요.",
    )
    days = forms.TypedChoiceField(choices=PERIODS, coerce=int, initial=DAYS_DEFAULT, label="기간")

    class Meta:
        model = ApiToken
        fields = ["user", "name", "scopes"]

    def clean_user(self) -> Any:
        """Refuse whoever may do more."""
        user = self.cleaned_data["user"]
        if not may_manage(self.actor, user):
            raise forms.ValidationError(
                "나보다 권한이 많은 사람의 토큰은 만들 수 없습니다. 그 사람이나 최고 관리자가 만듭니다."
            )
        return user

    def clean(self) -> dict[str, Any]:
        """Say what came between, such as another token of that name."""
        if self.refusal:
            raise forms.ValidationError(self.refusal)
        return super().clean() or self.cleaned_data
