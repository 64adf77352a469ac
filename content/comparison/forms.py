"""The editor's form of a comparison table. What cannot be built is said next to the field, and nothing typed is lost."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from content.comparison.models import ComparisonTable
from content.comparison.services import refuse_unknown
from content.comparison.spec import (
    BASES,
    COLUMNS,
    MARKABLE,
    PRODUCTS_MAX,
    SORTS,
    SpecError,
    TableSpec,
    check_spec,
    name_columns,
    parse_columns,
    parse_skus,
    read_spec,
)

if TYPE_CHECKING:
    _TableModelForm = forms.ModelForm[ComparisonTable]
else:
    _TableModelForm = forms.ModelForm

PRICE_LIMIT_WON = 999_999_990
MARK_LENGTH = 16
CONFLICT = (
    "그사이 다른 사람이 이 비교표의 구성을 바꿨습니다. 지금 저장된 구성: {stored}. 견주어 고친 뒤 다시 저장하면 "
    "이 내용으로 바뀝니다."
)


class TableForm(_TableModelForm):
    """Name, products, columns. It remembers the plan that the editor saw, to notice an edit in between."""

    skus = forms.CharField(
        label="상품 SKU",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=f"직접 고를 때, 보일 순서대로 한 줄에 하나씩 {PRODUCTS_MAX}개까지. 규칙으로 고르면 비우세요.",
    )
    category = forms.CharField(
        label="카테고리",
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="전체 경로. 그 아래 카테고리도 들어갑니다. 예: 식품>음료",
    )
    brand = forms.CharField(
        label="브랜드", required=False, max_length=120, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    price_min = forms.IntegerField(
        label="가격 하한", required=False, min_value=0, max_value=PRICE_LIMIT_WON, help_text="원"
    )
    price_max = forms.IntegerField(
        label="가격 상한", required=False, min_value=0, max_value=PRICE_LIMIT_WON, help_text="원"
    )
    sort = forms.ChoiceField(label="순서", choices=list(SORTS.items()))
    limit = forms.IntegerField(label="상품 수", min_value=1, max_value=PRODUCTS_MAX, initial=10)
    columns = forms.CharField(
        label="열",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=f"쉼표로 나눕니다: {', '.join(COLUMNS.values())}, 속성:이름. 첫 열은 상품.",
    )
    unit = forms.ChoiceField(
        label="단위 가격의 기준",
        choices=list(BASES.items()),
        help_text="자동: 가장 많은 상품이 견줄 수 있는 단위. 양이 분명하지 않은 상품은 비워 둡니다.",
    )
    marks = forms.MultipleChoiceField(
        label="으뜸 표시",
        required=False,
        choices=[(key, COLUMNS[key]) for key in MARKABLE],
        widget=forms.CheckboxSelectMultiple,
        help_text="가장 낮은 가격, 가장 낮은 단위 가격, 가장 높은 할인에 이유와 함께 표시합니다.",
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = ComparisonTable
        fields = ["name", "title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the plan as it is kept."""
        super().__init__(*args, **kwargs)
        spec = read_spec(self.instance.spec)
        kept = {name: getattr(spec, name) for name in TableSpec.__dataclass_fields__}
        self.initial = {
            **self.initial,
            **kept,
            "skus": "\n".join(spec.skus),
            "columns": name_columns(spec.columns),
            "marks": list(spec.marks),
            "seen": mark_spec(self.instance.spec),
        }

    def clean(self) -> dict[str, Any]:
        """The plan, under "spec", when it can be built. Errors stand at their fields."""
        values = dict(super().clean() or self.cleaned_data)
        if self.errors:
            return values
        try:
            spec = check_spec(make_spec(values))
        except SpecError as error:
            raise ValidationError({name: [text] for name, text in error.problems.items()}) from error
        refuse_unknown(spec)
        self._refuse_conflict(spec, values.get("seen", ""))
        return {**values, "spec": spec}

    def _refuse_conflict(self, spec: TableSpec, seen: str) -> None:
        if not self.instance.pk:
            return
        # Locked until the save: nobody slips in between this look and the writing.
        held = ComparisonTable.objects.select_for_update(no_key=True).get(pk=self.instance.pk).spec
        if mark_spec(held) not in (seen, mark_spec(spec.as_json())):
            # The editor has now been shown the other plan: saving once more is meant.
            given: Any = self.data
            typed = given.copy()  # a QueryDict's copy may be changed
            typed[self.add_prefix("seen")] = mark_spec(held)
            self.data = typed
            raise ValidationError(CONFLICT.format(stored=describe_spec(held)))


def make_spec(values: dict[str, Any]) -> TableSpec:
    """The plan of cleaned values. Raises SpecError for columns that do not exist."""
    return TableSpec(
        skus=parse_skus(values["skus"]),
        category=values["category"].strip(),
        brand=values["brand"].strip(),
        price_min=values["price_min"],
        price_max=values["price_max"],
        sort=values["sort"],
        limit=values["limit"],
        columns=parse_columns(values["columns"]),
        unit=values["unit"],
        marks=tuple(values["marks"]),
    )


def mark_spec(kept: dict[str, Any]) -> str:
    """A short fingerprint of a plan: what an editor saw."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:MARK_LENGTH]


def describe_spec(kept: dict[str, Any]) -> str:
    """A plan in one line."""
    spec = read_spec(kept)
    chosen = ", ".join(spec.skus) if spec.is_by_hand else " · ".join(filter(None, (spec.category, spec.brand)))
    return f"{chosen} / {name_columns(spec.columns)}"
