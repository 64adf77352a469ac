"""The form of a new ruleset version: its intents, its rules and how words are read."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet

from content.cro.environment import TEMPLATE_VERSIONS
from content.matching.intents import IntentSpec
from content.matching.rules import WEIGHT_MOST, RulesetSpec, RuleSpec
from content.matching.tokens import normalise

ROWS_MOST = 60
READINGS_MOST = 2_000
OWN_FIELDS = {"ORDER": "순서", "DELETE": "지우기"}
STOCKS = (("", "모두"), ("low", "적음"), ("enough", "충분"))


def list_templates(*, is_optional: bool) -> list[tuple[str, str]]:
    """The known templates as choices."""
    blank = "의도의 것" if is_optional else "고르세요"  # an empty row must stay empty
    return [("", blank), *((name, name) for name in sorted(TEMPLATE_VERSIONS))]


class IntentForm(forms.Form):
    """A class of posts."""

    code = forms.SlugField(label="코드", max_length=24)
    name = forms.CharField(label="이름", max_length=40)
    words = forms.CharField(
        label="낱말",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 40}),
        help_text="쉼표로 나눕니다. 다른 낱말에 붙으면 안 되는 것은 뒤에 !를 붙입니다(차이!)",
        required=False,
    )
    template_id = forms.ChoiceField(label="템플릿", choices=lambda: list_templates(is_optional=False))
    takes_tables = forms.BooleanField(label="비교표가 있는 글", required=False)

    def make_spec(self) -> IntentSpec:
        """The intent of a valid form."""
        data = self.cleaned_data
        words = dict.fromkeys("".join(normalise(word).split()) for word in data["words"].split(","))
        return IntentSpec(
            data["code"],
            data["name"],
            tuple(word for word in words if word.removesuffix("!")),
            data["template_id"],
            takes_tables=data["takes_tables"],
        )


class RuleForm(forms.Form):
    """A rule."""

    code = forms.SlugField(label="코드", max_length=40)
    name = forms.CharField(label="이름", max_length=80)
    intent = forms.SlugField(label="의도 코드", max_length=24, required=False)
    category = forms.CharField(label="카테고리 경로", max_length=400, required=False)
    price_least = forms.IntegerField(label="가격 하한(원)", min_value=0, max_value=999_999_999, required=False)
    price_below = forms.IntegerField(label="가격 상한(원, 미만)", min_value=1, max_value=999_999_999, required=False)
    stock = forms.ChoiceField(label="재고", choices=STOCKS, required=False)
    season_first = forms.CharField(label="계절 시작(MM-DD)", max_length=5, required=False)
    season_last = forms.CharField(label="계절 끝(MM-DD)", max_length=5, required=False)
    store = forms.SlugField(label="스토어 코드", max_length=40, required=False)
    weight = forms.FloatField(label="가중치", min_value=0, max_value=WEIGHT_MOST, initial=1)
    template_id = forms.ChoiceField(label="템플릿", choices=lambda: list_templates(is_optional=True), required=False)

    def make_spec(self) -> RuleSpec:
        """The rule of a valid form."""
        data = {name: value for name, value in self.cleaned_data.items() if name in RuleSpec.__dataclass_fields__}
        return RuleSpec(**data, season=(self.cleaned_data["season_first"], self.cleaned_data["season_last"]))


class RulesetForm(forms.Form):
    """What belongs to the version as a whole."""

    name = forms.CharField(label="이름", max_length=80)
    note = forms.CharField(label="바꾼 이유", max_length=300)
    readings = forms.CharField(
        label="낱말 읽기",
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 60}),
        help_text="한 줄에 하나씩 '글의 낱말 = 찾을 낱말'. 예: 드라이기 = 드라이어",
    )
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    previewed = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def clean_readings(self) -> dict[str, str]:
        """{word: reading}; the first line that is none is named."""
        readings: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["readings"].splitlines(), start=1):
            if not line.strip():
                continue
            word, sign, reading = (part.strip() for part in normalise(line).partition("="))
            if not (word and sign and reading) or " " in word:
                raise forms.ValidationError(
                    f"{number}번째 줄 '{line[:40]}': '낱말 = 찾을 낱말'로 적으세요. 낱말에는 빈칸이 없어야 합니다."
                )
            readings[word] = " ".join(reading.split())
        if len(readings) > READINGS_MOST:
            raise forms.ValidationError(f"낱말 읽기는 {READINGS_MOST:,}개까지입니다.")
        return readings


IntentFormSet: "type[BaseFormSet[IntentForm]]" = forms.formset_factory(
    IntentForm, extra=1, can_delete=True, can_order=True, max_num=ROWS_MOST, absolute_max=ROWS_MOST, validate_max=True
)
RuleFormSet: "type[BaseFormSet[RuleForm]]" = forms.formset_factory(
    RuleForm, extra=2, can_delete=True, can_order=True, max_num=ROWS_MOST, absolute_max=ROWS_MOST, validate_max=True
)


class RulesetForms:
    """The three forms of a page together. data: what was posted; None shows a version."""

    def __init__(self, ruleset: RulesetSpec, data: Any = None) -> None:
        self.head = RulesetForm(data, initial=_describe_head(ruleset), prefix="ruleset")
        self.intents = IntentFormSet(data, initial=[_describe_intent(it) for it in ruleset.intents], prefix="intents")
        self.rules = RuleFormSet(data, initial=[_describe_rule(it) for it in ruleset.rules], prefix="rules")
        for title, formset in (("의도", self.intents), ("규칙", self.rules)):
            _name_fields(title, formset)

    def is_valid(self) -> bool:
        """Whether all three are; every one is asked, so that all errors are shown at once."""
        return all([self.head.is_valid(), self.intents.is_valid(), self.rules.is_valid()])

    def make_spec(self) -> RulesetSpec:
        """The version that was written."""
        head = self.head.cleaned_data
        return RulesetSpec(
            version=head["based_on"] + 1,
            name=head["name"],
            intents=tuple(form.make_spec() for form in _list_kept(self.intents)),
            rules=tuple(form.make_spec() for form in _list_kept(self.rules)),
            readings=head["readings"],
        )


def fingerprint(ruleset: RulesetSpec) -> str:
    """What tells whether a ruleset is the one that was previewed."""
    values = [[asdict(it) for it in ruleset.intents], [asdict(it) for it in ruleset.rules], dict(ruleset.readings)]
    text = json.dumps([ruleset.version, values], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _name_fields(title: str, formset: Any) -> None:
    """Say of each field which row it is of: the table's heads alone do not tell a listener."""
    for number, form in enumerate(formset.forms, start=1):
        for name, field in form.fields.items():
            field.label = OWN_FIELDS.get(name, field.label)
            field.widget.attrs["aria-label"] = f"{title} {number} {field.label}"


def _list_kept(formset: Any) -> Sequence[Any]:
    """The forms that are filled in and not struck out, in their order."""
    kept = [form for form in formset.forms if form.has_changed() or form.initial]
    kept = [form for form in kept if form not in formset.deleted_forms and form.cleaned_data]
    places = {id(form): place for place, form in enumerate(kept)}
    return sorted(kept, key=lambda form: (form.cleaned_data.get("ORDER") or 10_000, places[id(form)]))


def _describe_head(ruleset: RulesetSpec) -> dict[str, Any]:
    lines = [f"{word} = {reading}" for word, reading in ruleset.readings.items()]
    return {"name": ruleset.name, "readings": "\n".join(lines), "based_on": ruleset.version}


def _describe_intent(intent: IntentSpec) -> dict[str, Any]:
    return {**asdict(intent), "words": ", ".join(intent.words)}


def _describe_rule(rule: RuleSpec) -> dict[str, Any]:
    first, last = rule.season
    return {**asdict(rule), "season_first": first, "season_last": last}
