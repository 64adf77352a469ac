"""The score's settings: reading them, what others would change, and saving them as a new version."""

from dataclasses import dataclass
from datetime import datetime

from content.posts.models import Post
from content.refresh.models import ScoreSettings
from content.refresh.score import KINDS, PARTS, ScoreSpec, find_spec_faults
from perfhooks.versions import VersionRefused, add_version, refuse_conflicts

PREVIEW_POSTS = 1_000
SHOWN_POSTS = 50


@dataclass(frozen=True, slots=True)
class Move:
    """A post's place before and after, counted from 1; None for beyond the places that were looked at. Scores as in score.py."""

    post_id: int
    title: str
    before: int | None
    after: int | None
    score_before: int | None
    score_after: int | None

    @property
    def steps(self) -> int:
        """How far it moves, upwards positive; a post that comes or goes moves from or to behind the last place."""
        return (self.before or PREVIEW_POSTS + 1) - (self.after or PREVIEW_POSTS + 1)


@dataclass(frozen=True, slots=True)
class SettingsPreview:
    """What other settings would change among the leading posts. moves: of the first places before or after, by the place after."""

    places: int
    came: int
    went: int
    moved: int
    worth_before: int
    worth_after: int
    moves: tuple[Move, ...]


def read_spec(row: ScoreSettings | None) -> ScoreSpec:
    """A version as score.py takes it; the defaults without one."""
    if row is None:
        return ScoreSpec()
    return ScoreSpec(
        version=row.version,
        weights={name: getattr(row, name) for name in PARTS},
        half_lives={kind: getattr(row, f"half_life_{kind}") for kind in KINDS},
        cooldown_days=row.cooldown_days,
        holdout_percent=row.holdout_percent,
        threshold=row.threshold,
    )


def get_active_spec() -> ScoreSpec:
    """The settings in force."""
    return read_spec(ScoreSettings.objects.filter(is_active=True).first())


def get_spec(version: int) -> ScoreSpec:
    """A version's settings. Raises ScoreSettings.DoesNotExist."""
    return read_spec(ScoreSettings.objects.get(version=version))


def find_spec(version: int) -> ScoreSpec:
    """A version's settings, to explain what it decided; those in force where there is no such version any more."""
    row = ScoreSettings.objects.filter(version=version).first()
    return read_spec(row) if row else get_active_spec()


def refuse_faults(draft: ScoreSpec) -> None:
    """Raises VersionRefused with everything that is wrong."""
    if faults := find_spec_faults(draft):
        raise VersionRefused(faults)


def preview_settings(*, draft: ScoreSpec, now: datetime | None = None) -> SettingsPreview:
    """Who moves among the leading posts if these settings were in force; two narrow queries and one for titles. Writes nothing.

    Raises VersionRefused.
    """
    from content.refresh.scoring import list_top_under  # it reads the settings in force from here

    refuse_faults(draft)
    active = get_active_spec()
    old, new = (list_top_under(spec, limit=PREVIEW_POSTS, now=now) for spec in (active, draft))
    before, after = ({post_id: place for place, (post_id, _score) in enumerate(top, 1)} for top in (old, new))
    scores = dict(old), dict(new)
    shown = [post_id for post_id, _score in (*new[:SHOWN_POSTS], *old[:SHOWN_POSTS])]
    titles = dict(Post.objects.filter(pk__in=shown).values_list("pk", "title"))
    moves = [
        Move(key, titles[key], before.get(key), after.get(key), scores[0].get(key), scores[1].get(key))
        for key in dict.fromkeys(shown)
        if key in titles
    ]
    return SettingsPreview(
        places=len(new),
        came=len(after.keys() - before.keys()),
        went=len(before.keys() - after.keys()),
        moved=sum(after[key] != before[key] for key in after.keys() & before.keys()),
        worth_before=sum(score >= active.score_least for _key, score in old),
        worth_after=sum(score >= draft.score_least for _key, score in new),
        moves=tuple(sorted(moves, key=lambda it: (it.after or PREVIEW_POSTS + 1, it.before or 0))),
    )


def save_settings(*, draft: ScoreSpec, based_on: int, actor: str, note: str = "") -> int:
    """Make a new version of these settings the one in force; returns its number. Scores follow with the next `score_posts`.

    based_on: the version that the editor started from. Raises VersionRefused, VersionConflict.
    """
    refuse_faults(draft)
    values = {
        **draft.weights,
        **{f"half_life_{kind}": days for kind, days in draft.half_lives.items()},
        "cooldown_days": draft.cooldown_days,
        "holdout_percent": draft.holdout_percent,
        "threshold": draft.threshold,
    }
    with refuse_conflicts(ScoreSettings, based_on=based_on):
        built_in = ScoreSpec().version
        row = add_version(ScoreSettings, built_in=built_in, based_on=based_on, actor=actor, note=note, values=values)
    return row.version
