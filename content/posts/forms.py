"""The editor's form of a post. What the service would refuse is said next to the field, and nothing typed is lost."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

from content.posts.images import POSITION_ADVICE, POSITION_LIMIT, NotAPicture, verify_picture
from content.posts.models import Post, PostImage
from content.posts.services import clean_values

if TYPE_CHECKING:
    _PostModelForm = forms.ModelForm[Post]
    _ImageModelForm = forms.ModelForm[PostImage]
else:
    _PostModelForm = forms.ModelForm
    _ImageModelForm = forms.ModelForm

KEPT = ("title", "slug", "body", "relationship", "status")
PICTURES = "이미지"
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
        found.append(Difference(PICTURES, describe_pictures(post) or "없음", "아래의 이미지 표"))
    return found


def describe_pictures(post: Post) -> str:
    """The stored pictures, one a line, each with the beginning of its fingerprint."""
    rows = post.images.order_by("position") if post.pk else ()
    return "\n".join(f"{row} ({row.sha256[:MARK_LENGTH]})" for row in rows)


def _compare(post: Post, name: str, typed: str) -> Difference:
    field: Any = Post._meta.get_field(name)
    words = dict(field.flatchoices)
    stored = getattr(post, name)
    return Difference(str(field.verbose_name), words.get(stored, stored), words.get(typed, typed))


class PostForm(_PostModelForm):
    """Title, body and the like. It remembers the version that the editor saw, to notice an edit in between."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    differences: Sequence[Difference] = ()

    class Meta:
        model = Post
        fields = list(KEPT)
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "body": forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remember what the row was when the form was made."""
        super().__init__(*args, **kwargs)
        self.initial["seen"] = mark_version(self.instance)

    def clean(self) -> dict[str, Any]:
        """What the service would keep. Errors stand at their fields."""
        values = dict(super().clean() or self.cleaned_data)
        given = {name: values.get(name, getattr(self.instance, name)) for name in KEPT}
        if not self.errors:
            kept = clean_values(**given)
            values |= kept
            self._refuse_conflict(kept, values.get("seen", ""))
        return values

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

    class Meta:
        model = PostImage
        fields = ["position", "image", "alt"]

    def clean_image(self) -> Any:
        """The picture, decoded once in full, under a name that owes nothing to the uploader."""
        upload = self.cleaned_data["image"]
        if not isinstance(upload, UploadedFile):
            return upload
        upload.seek(0)
        try:
            picture = verify_picture(upload.read())
        except NotAPicture as error:
            raise ValidationError(f"이미지: {error} JPEG, PNG, WebP 파일을 올리세요.") from error
        self.instance.sha256 = picture.sha256
        return ContentFile(picture.data, name=f"{picture.sha256[:32]}.{picture.suffix}")
