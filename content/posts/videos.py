"""A post's clips: verified and given a poster in a child process, kept as they came."""

import hashlib
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile

from content.decoding import get_decoders
from content.media.pool import Job, Made, stay_at
from content.media.recipe import MediaRefused
from content.packages.limits import get_limits
from content.posts.images import POSITION_ADVICE, POSITION_LIMIT
from content.posts.models import PostVideo

CHUNK_BYTES = 1 << 20


def fill_video(row: PostVideo, file: Any) -> PostVideo:
    """Verify a clip and set its fingerprint, length, file and poster; not saved yet. Raises ValidationError.

    file: an uploaded or opened file of Django's, read in pieces.
    """
    with tempfile.NamedTemporaryFile(suffix=".mp4") as copy:
        digest = hashlib.sha256()
        file.seek(0)
        for chunk in file.chunks(CHUNK_BYTES):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        try:
            made = read_clip_file(Path(copy.name))
        except MediaRefused as error:
            raise ValidationError({"video": f"동영상 '{file.name}': {error}"}) from error
    poster = made.clip.frames[0]
    row.sha256, row.seconds = digest.hexdigest(), made.clip.seconds
    row.poster = ContentFile(made.blobs[0], name=f"{poster.sha256[:32]}.jpg")
    file.seek(0)
    row.video = File(file, name=f"{row.sha256[:32]}.mp4")
    return row


def read_clip_file(path: Path) -> Made:
    """A local clip's facts and keyframes, out of a child process. Raises MediaRefused."""
    recipe = get_limits().clip
    [made] = get_decoders().run([Job("clip", recipe, place=partial(stay_at, str(path)))])
    if isinstance(made, Exception):
        raise made
    return made


class VideoForm(forms.ModelForm):  # type: ignore[type-arg]
    """One clip of a post."""

    position = forms.IntegerField(
        label="순서",
        min_value=1,
        max_value=POSITION_LIMIT,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), POSITION_ADVICE),
    )

    class Meta:
        model = PostVideo
        fields = ["position", "video", "alt", "caption"]

    def clean_video(self) -> Any:
        """The clip, looked at by a child process, under a name that owes nothing to the uploader."""
        upload = self.cleaned_data["video"]
        if not isinstance(upload, UploadedFile):
            return upload
        try:
            fill_video(self.instance, upload)
        except ValidationError as error:
            raise ValidationError(error.messages) from error
        return File(upload, name=f"{self.instance.sha256[:32]}.mp4")
