"""Writes of rulesets, each a new version, and what a version would change before it is saved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from content.cro.environment import TEMPLATE_VERSIONS
from content.matching.decision import Decision, Shelf, choose, decide
from content.matching.defaults import DEFAULT_RULESET
from content.matching.engine import Choice
from content.matching.models import Intent, MatchDecision, Rule, Ruleset
from content.matching.rules import RulesetSpec, find_faults
from content.matching.selectors import select_post_words
from content.matching.services import read_ruling
from content.posts.models import Post
from content.posts.selectors import PROCESSABLE_STATUSES, keep_processable
from content.refresh.services import enqueue_posts
from content.times import korean_today
from perfhooks.versions import VersionRefused, add_version, refuse_conflicts
from products.catalog.selectors import ProductFacts, get_facts_by_id, list_category_best

PREVIEW_POSTS = 1_000
FACTS_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class SavedRuleset:
    """version: the new one, in force from now on; enqueued: refresh entries added for posts that it changes."""

    version: int
    enqueued: int


@dataclass(frozen=True, slots=True)
class ChangedPost:
    """A post that another ruleset would decide otherwise."""

    post_id: int
    title: str
    before: Decision
    after: Decision

    @property
    def aspects(self) -> list[str]:
        """What differs: product, template, stage, intent."""
        return [name for name in ("sku", "template_id", "rule_id", "intent") if self._differs(name)]

    def _differs(self, name: str) -> bool:
        return bool(getattr(self.before, name) != getattr(self.after, name))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a ruleset would change among the newest posts. fallbacks: with the rules in force, and with these."""

    posts: int
    changed: tuple[ChangedPost, ...]
    fallbacks: tuple[int, int]

    def count(self, aspect: str) -> int:
        """How many posts would change in this aspect."""
        return sum(aspect in post.aspects for post in self.changed)


def preview_ruleset(*, draft: RulesetSpec, limit: int = PREVIEW_POSTS) -> Preview:
    """Decide the newest posts by the rules in force and by these, on the same catalogue. Writes nothing.

    Reads each product once, in batches: some ten queries in all, whatever the number of posts.
    """
    refuse_faults(draft)
    newest = Post.objects.filter(status__in=PROCESSABLE_STATUSES).order_by("-updated_at", "-id")
    posts = select_post_words(newest[:limit])
    now, _revision = read_ruling()
    rulings = now, replace(now, ruleset=draft)
    chosen = [[choose(post, ruling, pinned=post.pinned) for post in posts] for ruling in rulings]
    shelf = _load_shelf(choice for choices in chosen for _parsed, choice in choices)
    both = [
        [decide(post, replace(ruling, shelf=shelf), chosen=choice) for post, choice in zip(posts, choices, strict=True)]
        for ruling, choices in zip(rulings, chosen, strict=True)
    ]
    pairs = zip(posts, *both, strict=True)
    changed = (ChangedPost(post.id, post.title, before, after) for post, before, after in pairs)
    before, after = (sum(decision.is_fallback for decision in decisions) for decisions in both)
    return Preview(len(posts), tuple(post for post in changed if post.aspects), (before, after))


def save_ruleset(*, draft: RulesetSpec, based_on: int, actor: str, note: str = "") -> SavedRuleset:
    """Make a new version of these rules the one in force, and queue the newest posts that it decides otherwise.

    based_on: the version that the editor started from. Raises VersionRefused, VersionConflict.
    """
    preview = preview_ruleset(draft=draft)
    built_in, values = DEFAULT_RULESET.version, {"name": draft.name, "readings": dict(draft.readings)}
    with refuse_conflicts(Ruleset, based_on=based_on):
        row = add_version(Ruleset, built_in=built_in, based_on=based_on, actor=actor, note=note, values=values)
        Intent.objects.bulk_create(_make_intents(row, draft))
        Rule.objects.bulk_create(_make_rules(row, draft))
        _note_turns(draft)
        post_ids = [post.post_id for post in preview.changed]
        enqueued = enqueue_posts(post_ids=keep_processable(post_ids), reason="outdated")
    return SavedRuleset(row.version, enqueued)


def _note_turns(draft: RulesetSpec) -> None:
    """Let the decisions that stand, which knew nothing of the new seasons, be tried again when one starts or ends.

    Before the posts are held: whoever decides locks the decision first, too.
    """
    today = korean_today()
    for intent in draft.intents:
        turn = draft.find_turn(intent.code, today)
        MatchDecision.objects.filter(intent=intent.code).exclude(changes_on=turn).update(changes_on=turn)


def refuse_faults(draft: RulesetSpec) -> None:
    """Raises VersionRefused with everything that is wrong."""
    faults = find_faults(draft, templates=TEMPLATE_VERSIONS)
    if faults:
        raise VersionRefused(faults)


def _make_intents(row: Ruleset, draft: RulesetSpec) -> Iterable[Intent]:
    for position, it in enumerate(draft.intents, start=1):
        yield Intent(
            ruleset=row,
            position=position,
            code=it.code,
            name=it.name,
            words=list(it.words),
            template_id=it.template_id,
            takes_tables=it.takes_tables,
        )


def _make_rules(row: Ruleset, draft: RulesetSpec) -> Iterable[Rule]:
    for position, it in enumerate(draft.rules, start=1):
        own = {name: getattr(it, name) for name in it.__dataclass_fields__ if name != "season"}
        first, last = it.season
        yield Rule(ruleset=row, position=position, season_first=first, season_last=last, **own)


@dataclass(frozen=True, slots=True)
class _Stock:
    """Products read beforehand, for many decisions."""

    facts: dict[int, ProductFacts]
    best: dict[int, list[ProductFacts]] = field(default_factory=dict)

    def find(self, ids: Iterable[int]) -> Mapping[int, ProductFacts]:
        return {key: self.facts[key] for key in ids if key in self.facts}

    def list_best(self, category_id: int, limit: int) -> Sequence[ProductFacts]:
        if category_id not in self.best:
            self.best[category_id] = list_category_best(category_id, limit)
        return self.best[category_id]


def _load_shelf(choices: Iterable[Choice]) -> Shelf:
    wanted = {candidate.row.id for choice in choices for candidate in choice.candidates}
    ids = sorted(wanted)
    facts: dict[int, ProductFacts] = {}
    for start in range(0, len(ids), FACTS_BATCH):
        facts |= get_facts_by_id(ids[start : start + FACTS_BATCH])
    stock = _Stock(facts)
    return Shelf(find=stock.find, list_best=stock.list_best)
