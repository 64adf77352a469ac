"""The editor's form of a post. What the service would refuse is said next to the field, and nothing typed is lost."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from content.cro.selectors import list_variants
from content.cro.variants import DEFAULT
from content.posts.images import POSITION_ADVICE, POSITION_LIMIT, NotAPicture, verify_picture
from content.posts.locks import explain_lock, find_other_holder, open_lock
from content.posts.models import Post, PostImage, PostStatus, PostVideo
from content.posts.services import clean_values

if TYPE_CHECKING:
    _PostModelForm = forms.ModelForm[Post]
    _ImageModelForm = forms.ModelForm[PostImage]
else:
    _PostModelForm = forms.ModelForm
    _ImageModelForm = forms.ModelForm

KEPT = ("title", "slug", "body", "relationship", "status", "variant")
PICTURES = "이미지와 동영상"
MARK_LENGTH = 12
CONFLICT = (
    "그사이 다른 사람이 이 글을 바꿨습니다({fields}). 아래의 '지금 저장된 값'과 견주어 고친 뒤 다시 저장하면 "
    "이 내용으로 바뀝니다."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which the editor and the database hold different values, both in words."""

    label: str
    stored: str
    typed: str


def mark_version(post: Post) -> str:
    """A short fingerprint of each part that the form can change, pictures last, joined by ".": what an editor saw."""
    parts = [getattr(post, name) for name in KEPT] + [describe_pictures(post)]
    return ".".join(hashlib.sha256(part.encode()).hexdigest()[:MARK_LENGTH] for part in parts)


def find_differences(post: Post, typed: Mapping[str, str], *, seen: str) -> list[Difference]:
    """The parts of a post that were changed since an editor saw this version, to something else than was typed."""
    now = mark_version(post).split(".")
    before = seen.split(".") if seen.count(".") == len(KEPT) else [""] * len(now)
    changed = {name for name, old, new in zip((*KEPT, PICTURES), before, now, strict=True) if old != new}
    found = [
        _compare(post, name, typed[name]) for name in KEPT if name in changed and typed[name] != getattr(post, name)
    ]
    if PICTURES in changed:
        found.append(Difference(PICTURES, describe_pictures(post) or "없음", "아래의 표"))
    return found


def describe_pictures(post: Post) -> str:
    """The stored pictures, one a line, each with the beginning of its fingerprint."""
    rows: list[PostImage | PostVideo] = []
    if post.pk:
        rows = [*post.images.order_by("position"), *post.videos.order_by("position")]
    return "\n".join(f"{row} ({row.sha256[:MARK_LENGTH]}){row.caption and f' {row.caption}'}" for row in rows)


def _compare(post: Post, name: str, typed: str) -> Difference:
    field: Any = Post._meta.get_field(name)
    words = dict(field.flatchoices)
    stored = getattr(post, name)
    return Difference(str(field.verbose_name), words.get(stored, stored), words.get(typed, typed))


def list_variant_choices(held: str) -> list[tuple[str, str]]:
    """What may be chosen, and what the post has already though it may not be chosen any more."""
    choices = [(named.variant.key, named.label) for named in list_variants() if named.variant != DEFAULT]
    kept = [(held, f"{held} (더는 고를 수 없음)")] if held and held not in dict(choices) else []
    return [("", "기본"), *choices, *kept]


class PostForm(_PostModelForm):
    """Title, body and the like. It remembers the version that the editor saw, to notice an edit in between."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    publish_at = forms.DateTimeField(
        label="게시 예약 시각",
        required=False,
        help_text="한국 시간. 상태를 '게시 예약'으로 고를 때 씁니다",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(
        label="수정한 이유",
        required=False,
        max_length=200,
        help_text="판 목록에 남습니다",
        widget=forms.TextInput(attrs={"size": 60}),
    )
    variant = forms.ChoiceField(
        label="템플릿 변형", required=False, help_text="블록을 채우는 방법. 미리보기에서 견주어 볼 수 있습니다"
    )
    differences: Sequence[Difference] = ()
    editor_id: int | None = None
    states: Sequence[str] | None = None

    class Meta:
        model = Post
        fields = [*KEPT, "publish_at"]
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "body": forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remember what the row was when the form was made."""
        super().__init__(*args, **kwargs)
        self.initial["seen"] = mark_version(self.instance)
        variant: Any = self.fields.get("variant")
        if variant is not None:
            variant.choices = list_variant_choices(self.instance.variant)
        status: Any = self.fields.get("status")
        if status is not None and self.states is not None:
            status.choices = [choice for choice in PostStatus.choices if choice[0] in self.states]

    def clean(self) -> dict[str, Any]:
        """What the service would keep. Errors stand at their fields."""
        values = dict(super().clean() or self.cleaned_data)
        given = {name: values.get(name, getattr(self.instance, name)) for name in KEPT}
        self._check_time(values, given["status"])
        if not self.errors:
            kept = clean_values(**given)
            values |= kept
            self._refuse_locked()
            self._refuse_conflict(kept, values.get("seen", ""))
        return values

    def _check_time(self, values: dict[str, Any], status: str) -> None:
        """A scheduled post has a time ahead; another one has none."""
        if "publish_at" not in self.fields:
            return
        moment = values.get("publish_at")
        if status != PostStatus.SCHEDULED:
            values["publish_at"] = None
        elif "_move" in self.data:
            values["publish_at"] = moment or self.initial.get("publish_at")
        elif "publish_at" not in self.errors and (moment is None or self._is_over(moment)):
            self.add_error(
                "publish_at", "게시 예약 시각: 지금보다 뒤의 시각을 한국 시간으로 쓰세요. 예: 2026-12-24 09:00"
            )

    def _is_over(self, moment: datetime) -> bool:
        """A time that stood there already may have come while the editor typed."""
        return moment <= timezone.now() and moment != self.initial.get("publish_at")

    def _refuse_locked(self) -> None:
        """Ask before writing over somebody who edits just now; whoever takes over is let through."""
        if not self.instance.pk or self.editor_id is None:
            return
        if "_take_over" in self.data:
            open_lock(post_id=self.instance.pk, user_id=self.editor_id, is_taken_over=True)
            return
        other = find_other_holder(post_id=self.instance.pk, user_id=self.editor_id)
        if other is not None:
            raise ValidationError(f"{explain_lock(other)} 그래도 저장하려면 '넘겨받고 저장'을 누르세요.")

    def _refuse_conflict(self, typed: Mapping[str, str], seen: str) -> None:
        if not self.instance.pk:
            return
        # Locked until the save: nobody slips in between this look and the writing.
        held = Post.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
        self.differences = find_differences(held, typed, seen=seen)
        if self.differences:
            # The editor has now been shown the other version: saving once more is meant.
            self.data = {name: self.data[name] for name in self.data} | {self.add_prefix("seen"): mark_version(held)}
            raise ValidationError(CONFLICT.format(fields=", ".join(it.label for it in self.differences)))


class ImageForm(_ImageModelForm):
    """One picture of a post."""

    position = forms.IntegerField(
        label="순서",
        min_value=1,
        max_value=POSITION_LIMIT,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), POSITION_ADVICE),
    )

    # Not an ImageField: that one would open the file in this process before a child with limits has seen it.
    image = forms.FileField(label="이미지", widget=AdminFileWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}))

    class Meta:
        model = PostImage
        fields = ["position", "image", "alt", "caption"]

    def clean_image(self) -> Any:
        """The picture, decoded once in full by a child process, under a name that owes nothing to the uploader."""
        upload = self.cleaned_data["image"]
        if not isinstance(upload, UploadedFile):
            return upload
        upload.seek(0)
        try:
            picture = verify_picture(upload.read())
        except NotAPicture as error:
            raise ValidationError(f"이미지 '{upload.name}': {error}") from error
        self.instance.sha256 = picture.sha256
        return ContentFile(picture.data, name=f"{picture.sha256[:32]}.{picture.suffix}")
