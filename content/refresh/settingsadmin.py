"""The score's settings on the desk: every version, and the page on which the next one is written and tried."""

import hashlib
import json
from dataclasses import asdict
from typing import Any, Self

from django import forms
from django.contrib import admin

from content.refresh.models import ScoreSettings
from content.refresh.score import KINDS, PARTS, THOUSAND, ScoreSpec
from content.refresh.settings import (
    PREVIEW_POSTS,
    Move,
    SettingsPreview,
    get_spec,
    preview_settings,
    save_settings,
)
from content.refresh.wording import PART_NAMES, tell_points
from perfhooks.desk import NOTHING, Tone, pill
from perfhooks.versionadmin import VersionAdmin


def _weigh(name: str, text: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"{name} 가중치", min_value=0, max_value=1, decimal_places=3, max_digits=4, help_text=text
    )


class SettingsForm(forms.Form):
    """The settings as an editor writes them: weights of 1, days, percent, points of 100."""

    loss = _weigh("트래픽", "클릭이 준 만큼")
    conv = _weigh("전환", "전환율이 떨어진 만큼")
    fresh = _weigh("신선도", "고친 지 오래된 만큼")
    stale = _weigh("낡음", "가격 확인이 오래되었거나 품절, 고지 오류")
    value = _weigh("가치", "매출이 큰 만큼")
    half_life_price = forms.IntegerField(label="가격 글 반감기", min_value=1, max_value=3_650, help_text="일")
    half_life_guide = forms.IntegerField(label="안내 글 반감기", min_value=1, max_value=3_650, help_text="일")
    half_life_evergreen = forms.IntegerField(label="늘 읽히는 글 반감기", min_value=1, max_value=3_650, help_text="일")
    cooldown_days = forms.IntegerField(
        label="쉬는 기간", min_value=0, max_value=365, help_text="갱신한 뒤 이만큼은 0점"
    )
    holdout_percent = forms.IntegerField(
        label="남겨 두는 비율", min_value=0, max_value=50, help_text="%, 효과를 재려고"
    )
    threshold = forms.DecimalField(
        label="최저 점수", min_value=0, max_value=100, decimal_places=1, max_digits=4, help_text="100점 가운데"
    )
    note = forms.CharField(
        label="바꾼 이유", max_length=300, required=False, widget=forms.TextInput(attrs={"size": 60})
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)
    previewed = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def head(self) -> Self:
        """All of it belongs to the version as a whole."""
        return self

    def make_spec(self) -> ScoreSpec:
        """The settings of a valid form."""
        data = self.cleaned_data
        return ScoreSpec(
            version=data["based_on"] + 1,
            weights={name: round(data[name] * THOUSAND) for name in PARTS},
            half_lives={kind: data[f"half_life_{kind}"] for kind in KINDS},
            cooldown_days=data["cooldown_days"],
            holdout_percent=data["holdout_percent"],
            threshold=round(data["threshold"] * 10),
        )


def fill_form(spec: ScoreSpec) -> dict[str, Any]:
    """The settings as the form shows them."""
    return {
        **{name: f"{weight / THOUSAND:g}" for name, weight in spec.weights.items()},
        **{f"half_life_{kind}": days for kind, days in spec.half_lives.items()},
        "cooldown_days": spec.cooldown_days,
        "holdout_percent": spec.holdout_percent,
        "threshold": f"{spec.threshold / 10:g}",
        "based_on": spec.version,
    }


def fingerprint(spec: ScoreSpec) -> str:
    """What tells whether the settings are those that were previewed."""
    values = asdict(spec) | {"version": 0, "weights": dict(spec.weights), "half_lives": dict(spec.half_lives)}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


@admin.register(ScoreSettings)
class ScoreSettingsAdmin(VersionAdmin[ScoreSettings]):
    """The versions, the newest first."""

    list_display = ("version_name", "state", "weights", "half_lives", "rest", "note", "created", "edit")
    next_template = "admin/refresh/scoresettings/next.html"
    edit_words = "새 판 만들기"
    unseen_words = "미리 본 것과 다릅니다. 순서가 바뀌는 글을 아래에서 보고 다시 저장하세요."
    search_fields = ("note", "created_by")
    search_help_text = "바꾼 이유와 만든 사람으로 찾습니다"
    empty_hint = "아직 판이 없어 내장된 기본 가중치로 계산합니다."
    fieldsets = (
        (None, {"fields": ("version_name", "state", "weights", "half_lives", "rest", "note")}),
        ("기록", {"fields": ("based_on", "created_by", "created")}),
    )

    def read_version(self, version: int) -> ScoreSpec:
        """A version's settings."""
        return get_spec(version)

    def open_form(self, held: ScoreSpec, data: Any = None) -> SettingsForm:
        """The settings as an editor writes them."""
        return SettingsForm(data, initial=fill_form(held))

    def fingerprint(self, draft: ScoreSpec) -> str:
        """Of all but the number."""
        return fingerprint(draft)

    def preview(self, draft: ScoreSpec) -> SettingsPreview:
        """Who would move among the leading posts."""
        return preview_settings(draft=draft)

    def save_next(self, draft: ScoreSpec, *, based_on: int, actor: str, note: str) -> str:
        """Save, and say from when it counts."""
        saved = save_settings(draft=draft, based_on=based_on, actor=actor, note=note)
        return f"{saved}판을 저장해 적용했습니다. 다음 계산부터 이 가중치로 순서를 정합니다."

    def describe(self, form: SettingsForm, preview: SettingsPreview | None) -> dict[str, Any]:
        """The fields in their groups, and the posts that move."""
        others = [form[name] for name in form.fields if name.startswith(("half", "cool", "hold", "thres"))]
        return {
            "groups": [("가중치: 다섯의 합은 1", [form[name] for name in PARTS]), ("반감기와 순서", others)],
            "places": f"{PREVIEW_POSTS:,}",
            "moves": [_tell_move(move) for move in preview.moves] if preview else [],
        }

    @admin.display(description="가중치")
    def weights(self, row: ScoreSettings) -> str:
        """All five."""
        return " · ".join(f"{PART_NAMES[name]} {getattr(row, name) / THOUSAND:g}" for name in PARTS)

    @admin.display(description="반감기")
    def half_lives(self, row: ScoreSettings) -> str:
        """All three."""
        return f"{row.half_life_price}일 · {row.half_life_guide}일 · {row.half_life_evergreen}일"

    @admin.display(description="쉬는 기간·비율·최저")
    def rest(self, row: ScoreSettings) -> str:
        """What decides who is picked."""
        return f"{row.cooldown_days}일 · {row.holdout_percent}% · {row.threshold / 10:g}점"


def _tell_move(move: Move) -> dict[str, Any]:
    def tell(score: int | None) -> str:
        return NOTHING if score is None else tell_points(score)

    tone: Tone
    tone, word = ("ok", f"▲ {move.steps:,}") if move.steps > 0 else ("warn", f"▼ {-move.steps:,}")
    if move.before is None:
        word = "새로 들어옴"
    elif move.after is None:
        word = "밖으로 나감"
    elif not move.steps:
        tone, word = "grey", "그대로"
    return {
        "post_id": move.post_id,
        "title": move.title,
        "before": move.before or NOTHING,
        "after": move.after or NOTHING,
        "scores": (tell(move.score_before), tell(move.score_after)),
        "pill": pill(word, tone),
    }
