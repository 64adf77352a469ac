"""The geometry of cluster maps: posts and links in, places on an SVG drawing out. The same input gives the same drawing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, cos, hypot, pi, sin

WIDTH = 960
RING_MOST, LABELS_MOST = 12, 24
"""More spokes than this stand on two rings; more than that are a crowd: on as many rings as give each the most room, with
their numbers in the table instead of their titles."""
RINGS_MOST, INNERMOST_SHARE, FILLED_SHARE = 9, 0.36, 0.42
TITLE_SIGNS, LINE_SIGNS = 26, 13
HUB_RADIUS, SPOKE_RADIUS, OUTSIDE_RADIUS = 30.0, 15.0, 8.0
ROW_HEIGHT = 560
OUTSIDE_MOST = 12
BEND = 0.16
"""How far a link leaves the straight line, as a share of its length: the way back is then seen beside it."""
GRIDS = ((15, 5, 160), (42, 6, 136), (10**9, 8, 128))
"""(clusters at most, columns, height of a cell) of the overview."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A post to be drawn. address: where a click leads; note: what is said on hovering."""

    id: int
    title: str
    address: str
    is_hub: bool = False
    is_orphan: bool = False
    is_live: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A drawn post. kind: hub, spoke, orphan, draft or outside; lines: of its label; number: instead of one, in a crowd."""

    x: float
    y: float
    radius: float
    kind: str
    title: str
    address: str
    lines: tuple[str, ...] = ()
    label_y: float = 0.0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Arc:
    """A drawn link: the path of an SVG. kind: up, down, near or cross."""

    path: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class ClusterMap:
    """The drawing of one cluster."""

    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    spines: tuple[str, ...] = ()
    """From the hub to each spoke, linked or not."""
    width: int = WIDTH
    height: int = ROW_HEIGHT


@dataclass(frozen=True, slots=True)
class Cell:
    """A cluster in the overview. count: what stands under its name."""

    x: float
    y: float
    width: float
    name: str
    address: str
    count: str
    title: str
    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    spines: tuple[str, ...]
    name_y: float
    count_y: float

    @property
    def centre_x(self) -> float:
        """Where its words are centred."""
        return _round(self.x + self.width / 2)


@dataclass(frozen=True, slots=True)
class Overview:
    """The drawing of all clusters. bridges: links between clusters, one arc a pair."""

    cells: tuple[Cell, ...]
    bridges: tuple[Arc, ...]
    height: int
    size: str
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class Circle:
    """A cluster to be drawn. spots: the hub first; links: (source, target) among them."""

    id: int
    name: str
    address: str
    spots: Sequence[Spot]
    links: Sequence[tuple[int, int]] = field(default_factory=list)
    count: str = ""


def draw_cluster(
    spots: Sequence[Spot], links: Sequence[tuple[int, int, str]], *, outside: Sequence[Spot] = ()
) -> ClusterMap:
    """One cluster with its links. spots: the hub first; links: (source, target, words); outside: of other clusters, touched by
    them.
    """
    middle = (WIDTH / 2, ROW_HEIGHT / 2)
    spokes = sum(not spot.is_hub for spot in spots)
    is_crowd = spokes > LABELS_MOST
    reach = (345.0, 245.0) if is_crowd else (300.0, 200.0)
    size = min(SPOKE_RADIUS, FILLED_SHARE * _choose_rings(spokes, reach[1])[1]) if is_crowd else SPOKE_RADIUS
    places = _place_ring(spots, middle, reach)
    places |= _place_outside(outside[:OUTSIDE_MOST], places, links)
    known = {spot.id: spot for spot in (*spots, *outside)}
    inside = {spot.id: number for number, spot in enumerate(spots)}
    nodes = [
        _draw_node(known[key], place, size, number=inside.get(key, 0) if is_crowd else 0, is_outside=key not in inside)
        for key, place in places.items()
    ]
    radii = {key: node.radius for key, node in zip(places, nodes, strict=True)}
    arcs = [
        Arc(
            _bend(places[source], places[target], radii[source], radii[target]),
            _name_kind(known[source], known[target], {spot.id for spot in spots}),
            f"{known[source].title} → {known[target].title}: {words}",
        )
        for source, target, words in sorted(links)
        if source in places and target in places
    ]
    return ClusterMap(tuple(nodes), tuple(arcs), _draw_spines(spots, places))


def draw_overview(circles: Sequence[Circle], bridges: Mapping[tuple[int, int], int]) -> Overview:
    """All clusters on a grid, smaller the more there are. bridges: {(cluster, cluster): links from the first to the second}."""
    at, (_most, columns, height) = next((at, grid) for at, grid in enumerate(GRIDS) if len(circles) <= grid[0])
    columns = max(1, min(columns, len(circles)))
    width = WIDTH / max(columns, 3)
    cells, centres = [], {}
    for number, circle in enumerate(circles):
        x, y = (number % columns) * width, (number // columns) * height
        centre = (x + width / 2, y + height * 0.41)
        centres[circle.id] = centre
        cells.append(_draw_cell(circle, (x, y), centre, width, height, scale=(1.0, 0.8, 0.62)[at]))
    both: Counter[tuple[int, int]] = Counter()
    for (one, other), number in bridges.items():
        both[min(one, other), max(one, other)] += number
    names = {circle.id: circle.name for circle in circles}
    drawn = [
        Arc(_bend(centres[one], centres[other], 0, 0), "cross", f"{names[one]} ↔ {names[other]}: 링크 {number}개")
        for (one, other), number in sorted(both.items())
        if one in centres and other in centres
    ]
    rows = ceil(len(circles) / columns)
    return Overview(tuple(cells), tuple(drawn), max(1, rows) * height, ("large", "middle", "small")[at])


def _draw_cell(
    circle: Circle,
    corner: tuple[float, float],
    centre: tuple[float, float],
    width: float,
    height: float,
    *,
    scale: float,
) -> Cell:
    radius = height * 0.29
    places = _place_ring(circle.spots, centre, (min(radius * 1.35, width * 0.36), radius))
    known = {spot.id: spot for spot in circle.spots}
    spokes = len(circle.spots) - 1
    small = min(6.0 * scale, FILLED_SHARE * _choose_rings(spokes, radius)[1]) if spokes > LABELS_MOST else 6.0 * scale
    nodes = []
    for key, place in places.items():
        spot = known[key]
        size = 11.0 * scale if spot.is_hub else small
        nodes.append(Node(_round(place[0]), _round(place[1]), _round(size), _name_node(spot), _say(spot), spot.address))
    radii = {key: node.radius for key, node in zip(places, nodes, strict=True)}
    arcs = [
        Arc(_bend(places[a], places[b], radii[a], radii[b]), _name_kind(known[a], known[b], set(known)), "")
        for a, b in sorted(circle.links)
        if a in places and b in places
    ]
    signs = max(6, int(width / 13))
    return Cell(
        _round(corner[0]),
        _round(corner[1]),
        _round(width),
        _cut(circle.name, signs),
        circle.address,
        circle.count,
        f"{circle.name}: {circle.count}",
        tuple(nodes),
        tuple(arcs),
        _draw_spines(circle.spots, places),
        _round(corner[1] + height - 6 - 16 * (0.5 + scale / 2)),
        _round(corner[1] + height - 6),
    )


def _draw_spines(spots: Sequence[Spot], places: Mapping[int, tuple[float, float]]) -> tuple[str, ...]:
    """Straight lines from the hub to its spokes."""
    hub = next((places[spot.id] for spot in spots if spot.is_hub), None)
    ends = [places[spot.id] for spot in spots if not spot.is_hub]
    if hub is None:
        return ()
    return tuple(f"M{_round(hub[0])} {_round(hub[1])}L{_round(x)} {_round(y)}" for x, y in ends)


def _place_ring(
    spots: Sequence[Spot], middle: tuple[float, float], radii: tuple[float, float]
) -> dict[int, tuple[float, float]]:
    """The hub in the middle, the spokes around it from the top on, on more rings the more they are."""
    places = {spot.id: middle for spot in spots if spot.is_hub}
    spokes = [spot for spot in spots if not spot.is_hub]
    for spot, (share, angle) in zip(spokes, _spread(len(spokes), radii[1]), strict=True):
        places[spot.id] = (
            middle[0] + share * radii[0] * cos(angle),
            middle[1] + share * radii[1] * sin(angle),
        )
    return places


def _spread(number: int, radius: float) -> Iterator[tuple[float, float]]:
    """(share of the outermost ring, angle) of so many spokes."""
    if number <= LABELS_MOST:
        for at in range(number):
            yield 0.62 if number > RING_MOST and at % 2 else 1.0, 2 * pi * at / number - pi / 2
        return
    shares, _room = _choose_rings(number, radius)
    left, whole = number, sum(shares)
    for ring, share in enumerate(shares):
        count = min(left, ceil(number * share / whole)) if ring < len(shares) - 1 else left
        left -= count
        yield from ((share, 2 * pi * (at + ring % 2 / 2) / count - pi / 2) for at in range(count))


def _choose_rings(number: int, radius: float) -> tuple[list[float], float]:
    """The rings that give so many spokes the most room, as shares of the outermost, and how much room it is."""
    found = []
    for rings in range(2, RINGS_MOST + 1):
        step = (1 - INNERMOST_SHARE) / (rings - 1)
        shares = [1 - step * at for at in range(rings)]
        found.append((min(2 * pi * radius * sum(shares) / max(number, 1), step * radius), shares))
    room, shares = max(found, key=lambda it: it[0])
    return shares, room


def _place_outside(
    outside: Sequence[Spot], places: Mapping[int, tuple[float, float]], links: Sequence[tuple[int, int, str]]
) -> dict[int, tuple[float, float]]:
    """Posts of other clusters along both edges, on the side of the post that they touch."""
    sides: dict[bool, list[Spot]] = {True: [], False: []}
    for spot in outside:
        touched = [
            places[a if b == spot.id else b] for a, b, _w in links if spot.id in (a, b) and (a in places or b in places)
        ]
        sides[bool(touched) and touched[0][0] < WIDTH / 2].append(spot)
    placed = {}
    for is_left, found in sides.items():
        for number, spot in enumerate(found):
            y = ROW_HEIGHT * (number + 1) / (len(found) + 1)
            placed[spot.id] = (46.0 if is_left else WIDTH - 46.0, y)
    return placed


def _draw_node(spot: Spot, place: tuple[float, float], size: float, *, number: int, is_outside: bool) -> Node:
    radius = OUTSIDE_RADIUS if is_outside else HUB_RADIUS if spot.is_hub else size
    lines = (_cut(spot.title, 7),) if is_outside else () if number else _break(spot.title)
    kind = "outside" if is_outside else _name_node(spot)
    title = f"{number}. {_say(spot)}" if number else _say(spot)
    x, y, label_y = (_round(value) for value in (*place, place[1] + radius + 15))
    return Node(x, y, _round(radius), kind, title, spot.address, lines, label_y, number)


def _name_node(spot: Spot) -> str:
    if not spot.is_live:
        return "draft"
    if spot.is_orphan:
        return "hub orphan" if spot.is_hub else "orphan"
    return "hub" if spot.is_hub else "spoke"


def _name_kind(source: Spot, target: Spot, inside: set[int]) -> str:
    if source.id not in inside or target.id not in inside:
        return "cross"
    return "down" if source.is_hub else "up" if target.is_hub else "near"


def _say(spot: Spot) -> str:
    return f"{spot.title} ({spot.note})" if spot.note else spot.title


def _bend(start: tuple[float, float], end: tuple[float, float], before: float, behind: float) -> str:
    """A curve from the edge of one circle to that of another."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    bow = (start[0] + dx / 2 - dy * BEND, start[1] + dy / 2 + dx * BEND)
    first, last = _step(start, bow, before), _step(end, bow, behind + 5 if behind else 0)
    return f"M{first[0]} {first[1]}Q{_round(bow[0])} {_round(bow[1])} {last[0]} {last[1]}"


def _step(place: tuple[float, float], towards: tuple[float, float], length: float) -> tuple[float, float]:
    dx, dy = towards[0] - place[0], towards[1] - place[1]
    share = length / (hypot(dx, dy) or 1.0)
    return _round(place[0] + dx * share), _round(place[1] + dy * share)


def _break(title: str) -> tuple[str, ...]:
    """A title on at most two lines, broken between words."""
    line, lines = "", []
    for word in _cut(title, TITLE_SIGNS).split():
        if line and len(line) + len(word) >= LINE_SIGNS:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return (*lines, line)[:3]


def _cut(text: str, signs: int) -> str:
    return text if len(text) <= signs else text[: signs - 1].rstrip() + "…"


def _round(value: float) -> float:
    return round(value, 1)
