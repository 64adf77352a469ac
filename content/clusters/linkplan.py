"""Which links to insert where: a greedy plan under hard limits, the posts that nobody links to first.

The same pages give the same plan in whatever order they come; ties go to the smaller ids. Everything that is planned has
been rendered and compared; everything that was wanted and refused says why. The plan is maximal: planned again upon its
own result it adds nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from content.clusters.anchors import AnchorBook, Match, find_words, fold
from content.clusters.limits import LinkLimits
from content.clusters.textmap import Paragraph, TextMap, read_text
from content.clusters.verification import Seen, is_only_linked, see
from content.posts.postlinks import write_link

CLOSE_SCORE, HUB_SCORE = 1.0, 2.0
"""Added to the nearness of two posts of one cluster, and again where one of them is the hub."""
HUB_RULES = frozenset({"hub_up", "hub_down"})


@dataclass(frozen=True, slots=True)
class Page:
    """A post that may hold links. is_live: readers can open it, so that it may be linked to."""

    id: int
    slug: str
    body: str
    is_live: bool = True
    cluster: int | None = None
    is_hub: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A link that is there already."""

    source: int
    target: int
    words: str


@dataclass(frozen=True, slots=True)
class Pin:
    """An editor's wish. words: those to link, "" for any anchor of the target."""

    source: int
    target: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A link to insert. start: offset of the words in the body; line: from 1."""

    source: int
    target: int
    words: str
    start: int
    line: int
    rule_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link that was wanted and is not to be. reason: a code of `reasons.REFUSALS`."""

    source: int
    target: int
    rule_id: str
    reason: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """proposals by source and place; refusals by source and target; scanned: pages that were read for anchors.

    counts: {reason: places} of what nobody has to hear of one by one: a page's own anchors, pairs that are linked already.
    """

    proposals: tuple[Proposal, ...]
    refusals: tuple[Refusal, ...]
    scanned: int
    counts: Mapping[str, int] = field(default_factory=dict)


def write_links(body: str, links: Iterable[tuple[int, str, str]]) -> str:
    """The body with these links. links: (offset, words, slug), apart from each other."""
    parts, at = [], 0
    for start, words, slug in sorted(links):
        parts += [body[at:start], write_link(words, slug)]
        at = start + len(words)
    return "".join([*parts, body[at:]])


@dataclass
class _Sheet:
    """A page at work: what was found in it, what is planned for it."""

    page: Page
    found: dict[int, list[Match]] = field(default_factory=dict)
    planned: list[tuple[int, str, str]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    targets: set[int] = field(default_factory=set)
    dead: set[tuple[int, int]] = field(default_factory=set)
    text: TextMap | None = None
    seen: Seen | None = None
    parts: set[int] | None = None

    def read(self) -> TextMap:
        """The page's paragraphs, read once."""
        if self.text is None:
            self.text = read_text(self.page.body)
        return self.text

    @property
    def count(self) -> int:
        """Links to posts on the page, those planned among them."""
        return len(self.read().links) + len(self.planned)

    def try_link(self, match: Match, slug: str) -> bool:
        """Plan the link if the rendered page differs by nothing but it."""
        body = self.page.body
        if (match.start, match.target) in self.dead:
            return False
        words = body[match.start : match.end]
        wanted = [*self.planned, (match.start, words, slug)]
        before = self.seen or see(write_links(body, self.planned))
        after = see(write_links(body, wanted))
        if not is_only_linked(before, after, [(slug, words)]):
            self.seen = before
            self.dead.add((match.start, match.target))
            return False
        self.seen, self.planned = after, wanted
        return True


class LinkPlanner:
    """One planning at work."""

    def __init__(
        self,
        pages: Iterable[Page],
        *,
        held: Iterable[Held],
        anchors: Mapping[str, int],
        limits: LinkLimits,
        near: Callable[[int, int], float],
        pins: Iterable[Pin] = (),
        blocks: Iterable[tuple[int, int]] = (),
    ) -> None:
        self.sheets = {page.id: _Sheet(page) for page in sorted(pages, key=lambda page: page.id)}
        self.limits, self.near = limits, near
        self.pins = {(pin.source, pin.target): pin for pin in pins}
        self.blocks = set(blocks)
        self.inbound: Counter[int] = Counter()
        self.reached: set[int] = set()
        self.uses: Counter[tuple[int, str]] = Counter()
        self.served: dict[str, int] = {}
        self.crossing: Counter[int] = Counter()
        self.neighbours: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()
        self.proposals: list[Proposal] = []
        self.refusals: dict[tuple[int, int], Refusal] = {}
        self.members: dict[int, list[int]] = defaultdict(list)
        for sheet in self.sheets.values():
            if sheet.page.cluster is not None:
                self.members[sheet.page.cluster].append(sheet.page.id)
        live = {key: target for key, target in anchors.items() if target in self.sheets and self._page(target).is_live}
        self.book = AnchorBook(live)
        for link in sorted(held, key=lambda link: (link.source, link.target)):
            if link.source in self.sheets and link.target in self.sheets:
                self._note(link.source, link.target, fold(link.words))

    def plan(self) -> LinkPlan:
        """Read every page, then serve the rules in their order until nothing more can be added."""
        for sheet in self.sheets.values():
            for match in self.book.scan(sheet.page.body):
                if match.target == sheet.page.id or match.target in sheet.targets:
                    self.counts["self" if match.target == sheet.page.id else "pair"] += 1
                else:
                    sheet.found.setdefault(match.target, []).append(match)
        self._find_pinned()
        edges = self._list_edges()
        while self._serve_once(edges):
            pass
        self._note_missing()
        proposals = sorted(self.proposals, key=lambda it: (it.source, it.start))
        refusals = tuple(self.refusals[key] for key in sorted(self.refusals))
        return LinkPlan(tuple(proposals), refusals, len(self.sheets), dict(self.counts))

    def _serve_once(self, edges: Mapping[str, Sequence[tuple[float, int, int]]]) -> bool:
        """One round over all rules; whether it added anything."""
        before = len(self.proposals)
        for _minus, source, target in edges["pin"]:
            self._try(source, target, "pin")
        self._serve_orphans(edges["orphan"])
        for rule in ("hub", "near", "cross"):
            for _minus, source, target in edges[rule]:
                self._try(source, target, self._name_rule(source, target))
        return len(self.proposals) > before

    def _serve_orphans(self, edges: Sequence[tuple[float, int, int]]) -> None:
        """One link for each post that readers reach by none, the one with the fewest chances first."""
        chances: dict[int, list[int]] = defaultdict(list)
        for _minus, source, target in edges:
            chances[target].append(source)
        for target in sorted(chances, key=lambda target: (len(chances[target]), target)):
            for source in chances[target]:
                if target in self.reached:
                    break
                self._try(source, target, "orphan")

    def _list_edges(self) -> dict[str, list[tuple[float, int, int]]]:
        """{rule: (-score, source, target)} of every link whose words are there, the best first."""
        edges: dict[str, list[tuple[float, int, int]]] = {"pin": [], "orphan": [], "hub": [], "near": [], "cross": []}
        for source, target in self.pins:
            if source in self.sheets and target in self.sheets:
                edges["pin"].append((0.0, source, target))
        for source, sheet in self.sheets.items():
            for target in sheet.found:
                rule = self._name_rule(source, target)
                score = self._score(source, target, rule)
                if rule == "cross" and self.near(source, target) < self.limits.alike:
                    continue
                edges["hub" if rule in HUB_RULES else rule].append((-score, source, target))
                if sheet.page.is_live:
                    edges["orphan"].append((-score, source, target))
        return {rule: sorted(found) for rule, found in edges.items()}

    def _name_rule(self, source: int, target: int) -> str:
        one, other = self._page(source), self._page(target)
        if one.cluster is None or one.cluster != other.cluster:
            return "cross"
        return "hub_down" if one.is_hub else "hub_up" if other.is_hub else "near"

    def _score(self, source: int, target: int, rule: str) -> float:
        bonus = 0.0 if rule == "cross" else CLOSE_SCORE + (HUB_SCORE if rule in HUB_RULES else 0.0)
        return round(bonus + self.near(source, target), 4)

    def _try(self, source: int, target: int, rule: str) -> None:
        """Plan the link at the first place that every limit allows, or note the reason of the last one that did not."""
        sheet = self.sheets[source]
        if target in sheet.targets:
            return
        reason, words = self._refuse_pair(sheet, target, rule), ""
        for match in () if reason else self._list_matches(sheet, target):
            words = sheet.page.body[match.start : match.end]
            reason = self._refuse_place(sheet, match)
            if not reason:
                self._accept(sheet, match, rule)
                return
        self.refusals[source, target] = Refusal(source, target, rule, reason or "no_anchor", words)

    def _refuse_pair(self, sheet: _Sheet, target: int, rule: str) -> str:
        source, limits = sheet.page.id, self.limits
        is_cross = self._name_rule(source, target) == "cross"
        checks: Iterator[tuple[str, bool]] = iter(
            (
                ("self", source == target),
                ("not_live", not self._page(target).is_live),
                ("blocked", (source, target) in self.blocks),
                ("page_cap", sheet.count >= limits.cap_page(sheet.read().words)),
                ("cross_cap", is_cross and rule != "pin" and self.crossing[source] >= limits.cross_most),
                ("near_cap", rule == "near" and self.neighbours[source] >= limits.near_most),
                ("depth", rule == "near" and self._is_too_deep(source, target)),
            )
        )
        return next((reason for reason, is_so in checks if is_so), "")

    def _list_matches(self, sheet: _Sheet, target: int) -> list[Match]:
        pin = self.pins.get((sheet.page.id, target))
        matches = sheet.found.get(target, [])
        return [match for match in matches if match.key == fold(pin.words)] if pin and pin.words else matches

    def _refuse_place(self, sheet: _Sheet, match: Match) -> str:
        """Why the words cannot be linked here; "" once the link is planned in the sheet."""
        text = sheet.read()
        paragraph = text.find(match.start, match.end)
        if paragraph is None:
            return "place"
        reason = self._refuse_paragraph(sheet, paragraph, match)
        if reason:
            return reason
        if self.served.get(match.key, match.target) != match.target:
            return "anchor_shared"
        cap = self.limits.cap_anchor(self.inbound[match.target] + 1)
        if self.uses[match.target, match.key] >= cap:
            return "anchor_share"
        words = sheet.page.body[match.start : match.end]
        if fold(words) != match.key or not sheet.try_link(match, self._page(match.target).slug):
            return "text_changed"
        return ""

    def _refuse_paragraph(self, sheet: _Sheet, paragraph: Paragraph, match: Match) -> str:
        if paragraph.refusal:
            return paragraph.refusal
        if paragraph.is_closed(match.start, match.end):
            return "place"
        if paragraph.start in sheet.used:
            return "paragraph"
        return "first_sentences" if paragraph.count_sentences(match.start) < self.limits.first_sentences else ""

    def _accept(self, sheet: _Sheet, match: Match, rule: str) -> None:
        source, body = sheet.page.id, sheet.page.body
        paragraph = sheet.read().find(match.start, match.end)
        sheet.used.add(paragraph.start if paragraph else match.start)
        score = self._score(source, match.target, self._name_rule(source, match.target))
        words, line = body[match.start : match.end], body.count("\n", 0, match.start) + 1
        self.proposals.append(Proposal(source, match.target, words, match.start, line, rule, score))
        self.refusals.pop((source, match.target), None)
        self._note(source, match.target, match.key)

    def _note(self, source: int, target: int, key: str) -> None:
        """Count a link that is there, or will be."""
        sheet = self.sheets[source]
        if target in sheet.targets:
            return
        sheet.targets.add(target)
        self.inbound[target] += 1
        if sheet.page.is_live:
            self.reached.add(target)
        self.uses[target, key] += 1
        self.served.setdefault(key, target)
        rule = self._name_rule(source, target)
        self.crossing[source] += rule == "cross" and (source, target) not in self.pins
        self.neighbours[source] += rule == "near"

    def _find_pinned(self) -> None:
        """The places of words that an editor has named for one link, and means nobody else's."""
        for pin in self.pins.values():
            key = fold(pin.words)
            if key and pin.source in self.sheets and self.book.anchors.get(key, pin.target) == pin.target:
                sheet = self.sheets[pin.source]
                sheet.found[pin.target] = find_words(sheet.page.body, key, pin.target)

    def _is_too_deep(self, source: int, target: int) -> bool:
        """Whether the link would leave its target farther from the hub than allowed: it must be near enough by some way."""
        depths, deepest = self._measure_depths(self._page(source).cluster), self.limits.depth_most
        return depths.get(source, deepest) + 1 > deepest and depths.get(target, deepest + 1) > deepest

    def _measure_depths(self, cluster: int | None) -> dict[int, int]:
        """{post: steps from its hub} within the cluster."""
        members = self.members.get(cluster, []) if cluster is not None else []
        edge = [post for post in members if self._page(post).is_hub]
        depths = dict.fromkeys(edge, 0)
        while edge:
            reached = {other for post in edge for other in self.sheets[post].targets if other in members}
            edge = sorted(reached - depths.keys())
            depths |= dict.fromkeys(edge, max(depths.values()) + 1)
        return depths

    def _note_missing(self) -> None:
        """What is wanted between hub and spokes but finds no words, or only parts of words."""
        for source, target in self._list_missing():
            sheet = self.sheets[source]
            if sheet.parts is None:
                sheet.parts = self.book.find_parts(sheet.page.body)
            reason = "not_whole_word" if target in sheet.parts else "no_anchor"
            self.refusals[source, target] = Refusal(source, target, self._name_rule(source, target), reason)

    def _list_missing(self) -> Iterator[tuple[int, int]]:
        for members in self.members.values():
            for hub in (post for post in members if self._page(post).is_hub):
                for spoke in members:
                    for source, target in ((hub, spoke), (spoke, hub)) if spoke != hub else ():
                        is_open = target not in self.sheets[source].targets and (source, target) not in self.refusals
                        if is_open and self._page(target).is_live:
                            yield source, target

    def _page(self, post: int) -> Page:
        return self.sheets[post].page
