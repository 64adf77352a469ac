"""The editor's form of a post. What the service would refuse is said next to the field, and nothing typed is lost."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

from content.posts.images import NotAPicture, verify_picture
from content.posts.models import Post, PostImage
from content.posts.services import clean_values

if TYPE_CHECKING:
    _PostModelForm = forms.ModelForm[Post]
    _ImageModelForm = forms.ModelForm[PostImage]
else:
    _PostModelForm = forms.ModelForm
    _ImageModelForm = forms.ModelForm

KEPT = ("title", "slug", "body", "relationship", "status")
CONFLICT = "그사이 다른 사람이 이 글을 바꿨습니다. 아래의 '지금 저장된 본문'과 견주어 고친 뒤 다시 저장하면 이 내용으로 바뀝니다."


class PostForm(_PostModelForm):
    """Title, body and the like. It remembers the fingerprint that the editor saw, to notice an edit in between."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    is_conflict = False

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
        self.initial["seen"] = self.instance.body_hash

    def clean(self) -> dict[str, Any]:
        """What the service would keep. Errors stand at their fields."""
        values = dict(super().clean() or self.cleaned_data)
        given = {name: values.get(name, getattr(self.instance, name)) for name in KEPT}
        if not self.errors:
            values |= clean_values(**given)
            self._refuse_conflict(values.get("seen", ""))
        return values

    def _refuse_conflict(self, seen: str) -> None:
        if not self.instance.pk:
            return
        # Locked until the save: nobody slips in between this look and the writing.
        held = Post.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
        if seen != held.body_hash:
            self.is_conflict, self.stored_body = True, held.body
            # The editor has now been shown the other version: saving once more is meant.
            self.data = {name: self.data[name] for name in self.data} | {self.add_prefix("seen"): held.body_hash}
            raise ValidationError(CONFLICT)


class ImageForm(_ImageModelForm):
    """One picture of a post."""

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
