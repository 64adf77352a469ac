"""The score's formulas as SQL, for both databases: whole numbers throughout, so that the result is score.py's to the last digit.

Roots and logarithms are looked up in lists that Python made, never computed by a database. Texts and parameters here;
`scoring` runs them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from content.refresh.score import (
    CLICKS_FLOOR,
    CLICKS_FULL,
    DIGITS_MOST,
    KINDS,
    NO_REASON,
    ONE,
    PARTS,
    SHIFT_MOST,
    VISITS_HALF,
    WINDOW_DAYS,
    ScoreSpec,
    list_decay,
    list_values,
)

CELL = 7
"""Characters of a number in SQLite's list."""
LEAST = {"postgresql": "LEAST", "sqlite": "MIN"}
MOST = {"postgresql": "GREATEST", "sqlite": "MAX"}
DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
_ORDINALS = {
    "postgresql": "({date} - DATE '0001-01-01' + 1)",
    "sqlite": "CAST(julianday({date}) - 1721424.5 AS INTEGER)",
}
# Korea has kept nine hours from UTC since 1988; SQLite knows no zones by name.
_KOREAN_DATES = {
    "postgresql": "CAST({moment} AT TIME ZONE 'Asia/Seoul' AS date)",
    "sqlite": "date({moment}, '+9 hours')",
}

SIGNAL_COLUMNS = (
    "kind",
    "fresh_day",
    "refreshed_day",
    "clicks_now",
    "days_now",
    "clicks_base",
    "days_base",
    "is_base_year",
    "rate_now",
    "rate_base",
    "visits",
    "placements",
    "stale_placements",
    "is_disclosure_failing",
    "revenue",
)
RESULT_COLUMNS = (*PARTS, "score", "reason", "is_cooling")


def write_ordinal(date: str, vendor: str) -> str:
    """The number of a date, as Python's toordinal."""
    return _ORDINALS[vendor].format(date=date)


def write_korean_day(moment: str, vendor: str) -> str:
    """The number of a moment's day in Korea."""
    return write_ordinal(_KOREAN_DATES[vendor].format(moment=moment), vendor)


def write_lookup(name: str, index: str, vendor: str) -> str:
    """The number at this index (from 0) of the list that is given as parameter `name`, at the same cost wherever it stands."""
    if vendor == "postgresql":
        return f"(CAST(%({name})s AS int[]))[{index} + 1]"
    return f"CAST(CAST(substr(%({name})s, {CELL} * ({index}) + 1, {CELL}) AS TEXT) AS INTEGER)"


def pack_list(numbers: Sequence[int], vendor: str) -> Any:
    """The parameter for `write_lookup`."""
    if vendor == "postgresql":
        return f"{{{','.join(map(str, numbers))}}}"
    return "".join(f"{number:{CELL}d}" for number in numbers).encode()


def write_parts(spec: ScoreSpec, vendor: str) -> str:
    """A SELECT of everything of `signals` (with the columns of SIGNAL_COLUMNS) and the five parts."""
    least, most = LEAST[vendor], MOST[vendor]
    usual = f"(clicks_base * {WINDOW_DAYS} / days_base)"
    was = "(clicks_base * days_now)"
    digits = f"{least}(length(CAST(revenue AS text)), {DIGITS_MOST})"
    lead = "CAST(substr(CAST(revenue AS text) || '0', 1, 2) AS integer)"
    value = write_lookup("worths", f"({digits} - 1) * 90 + {lead} - 10", vendor)
    return f"""SELECT signals.*,
        CASE WHEN days_now = 0 OR days_base = 0 THEN 0
             WHEN {usual} < {CLICKS_FLOOR} THEN 0
             ELSE {most}(0, {was} - clicks_now * days_base) * {ONE} / {was}
                  * {least}({CLICKS_FULL}, {usual}) / {CLICKS_FULL} END AS loss,
        CASE WHEN rate_base = 0 THEN 0
             ELSE CAST({most}(0, rate_base - rate_now) AS bigint) * {ONE} / rate_base
                  * visits / (visits + {VISITS_HALF}) END AS conv,
        {write_fresh(spec, vendor)} AS fresh,
        CASE WHEN is_disclosure_failing THEN {ONE}
             WHEN placements = 0 THEN 0
             ELSE CAST(stale_placements AS bigint) * {ONE} / placements END AS stale,
        CASE WHEN revenue <= 0 THEN 0 ELSE {value} END AS value
        FROM signals"""  # noqa: S608  # built from the constants above, values are parameters


def write_fresh(spec: ScoreSpec, vendor: str) -> str:
    """The expression of the part `fresh` today."""
    age = f"{MOST[vendor]}(0, %(today)s - fresh_day)"
    starts = list_decay(spec)[1]
    life = _pick_by_kind([spec.half_lives[kind] for kind in KINDS])
    left = write_lookup("decay", f"{_pick_by_kind(starts)} + {age} %% {life}", vendor)
    return f"{ONE} - ({left} >> {LEAST[vendor]}({age} / {life}, {SHIFT_MOST}))"


def write_cooling(spec: ScoreSpec) -> str:
    """The condition that a post was refreshed too short a while ago."""
    return f"(refreshed_day IS NOT NULL AND %(today)s - refreshed_day < {spec.cooldown_days})"


def write_score(spec: ScoreSpec, *, fresh: str = "fresh") -> str:
    """The expression of the score of a row with the parts. fresh: the expression to use for that part."""
    own = {name: name for name in PARTS} | {"fresh": f"({fresh})"}
    total = " + ".join(f"{spec.weights[name]} * {own[name]}" for name in PARTS)
    return f"CASE WHEN {write_cooling(spec)} THEN 0 ELSE {total} END"


def write_reason(spec: ScoreSpec, vendor: str) -> str:
    """The expression of the part that weighs most."""
    weighed = {name: f"{spec.weights[name]} * {name}" for name in PARTS}
    cases = " ".join(f"WHEN {text} THEN '{name}'" for name, text in weighed.items())
    return f"CASE {MOST[vendor]}({', '.join(weighed.values())}) WHEN 0 THEN '{NO_REASON}' {cases} END"


def write_scored(spec: ScoreSpec, vendor: str) -> str:
    """A SELECT of post_id, the signals and RESULT_COLUMNS for every row of `parts`."""
    columns = ", ".join(("post_id", *SIGNAL_COLUMNS, *PARTS))
    return f"""SELECT {columns}, {write_score(spec)} AS score,
        {write_reason(spec, vendor)} AS reason, {write_cooling(spec)} AS is_cooling FROM parts"""  # noqa: S608


def write_upsert(signals: Mapping[str, str], spec: ScoreSpec, vendor: str) -> str:
    """Write the score of every row of `signals` that differs from what is kept. Parameters `version` and `now` besides.

    signals: named queries, the last of them `signals`.
    """
    own = (*SIGNAL_COLUMNS, *RESULT_COLUMNS, "version")
    kept = ", ".join(("post_id", *own, "scored_at"))
    differs = " OR ".join(f"kept.{name} {DIFFERS[vendor]} excluded.{name}" for name in own)
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*own, "scored_at"))
    select = ", ".join(("post_id", *SIGNAL_COLUMNS, *RESULT_COLUMNS))
    steps = {**signals, "parts": write_parts(spec, vendor), "scored": write_scored(spec, vendor)}
    named = ", ".join(f"{name} AS ({text})" for name, text in steps.items())
    # INSERT first: only then SQLite's driver counts the rows.
    return f"""INSERT INTO refresh_postscore AS kept ({kept}) WITH {named}
        SELECT {select}, %(version)s, CAST(%(now)s AS {_MOMENT[vendor]}) FROM scored WHERE true
        ON CONFLICT (post_id) DO UPDATE SET {updates} WHERE {differs}"""  # noqa: S608


def write_top(spec: ScoreSpec, vendor: str) -> str:
    """The posts with the highest scores under this spec, from the parts that are kept. Parameter `most` besides."""
    score = write_score(spec, fresh=write_fresh(spec, vendor))
    return f"""SELECT post_id, {score} AS points FROM refresh_postscore
        ORDER BY points DESC, revenue DESC, post_id LIMIT %(most)s"""  # noqa: S608


def make_parameters(spec: ScoreSpec, *, today: int, vendor: str) -> Mapping[str, Any]:
    """What the texts above need."""
    return {
        "today": today,
        "decay": pack_list(list_decay(spec)[0], vendor),
        "worths": pack_list(list_values(), vendor),
    }


def _pick_by_kind(values: Sequence[int]) -> str:
    cases = " ".join(f"WHEN {kind} THEN {value}" for kind, value in enumerate(values[:-1]))
    return f"CASE kind {cases} ELSE {values[-1]} END"


_MOMENT = {"postgresql": "timestamptz", "sqlite": "text"}
