"""The switches of the store: where its documents are silent or its behaviour may vary, a setting decides."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

CHOICES: Mapping[str, tuple[str, ...]] = {
    "refill": ("continuous", "second"),
    "limitHeaders": ("full", "missing", "non_numeric", "negative"),
    "direction": ("DESC", "ASC"),
    "oversize": ("refuse", "clamp"),
    "deleted": ("not_found", "status"),
    "latency": ("fixed", "long_tail"),
}
LEAST: Mapping[str, float] = {
    "rate": 0,
    "burst": 1,
    "mostResults": 1,
    "latencyMs": 0,
    "idleSeconds": 0.01,
    "tokenSeconds": 1,
    "clockOffsetSeconds": -86_400,
}
WHOLE = frozenset({"rate", "burst", "mostResults", "latencyMs", "tokenSeconds"})
MOST_ADDRESSES = 3


class SettingError(ValueError):
    """A setting that does not exist or cannot have this value; the Korean message names the key and the fix."""


@dataclass(frozen=True)
class Settings:
    """How the store behaves; durations are the store's own.

    `rate` in requests per second and API (0 = no limit), `burst` twice the rate when None. `refill` is by the moment or
    by whole seconds. `oversize`: a page size above 500 is refused or cut down. More than `most_results` found is an
    error. `deleted`: what a detail says of a deleted product. An empty `allowed_ips` lets every address in.
    """

    rate: int = 2
    burst: int | None = None
    refill: str = "continuous"
    limit_headers: str = "full"
    direction: str = "DESC"
    oversize: str = "refuse"
    most_results: int = 100_000
    deleted: str = "not_found"
    latency: str = "fixed"
    latency_ms: int = 0
    idle_seconds: float | None = None
    token_seconds: int = 10_800
    clock_offset_seconds: float = 0.0
    allowed_ips: tuple[str, ...] = ()


def change_settings(settings: Settings, plan: Mapping[str, Any]) -> Settings:
    """Return the settings with a plan's values, its keys in camelCase; raises SettingError."""
    names = {_to_camel(entry.name): entry.name for entry in fields(Settings)}
    unknown = sorted(set(plan) - set(names))
    if unknown:
        raise SettingError(f"{', '.join(unknown)}: 없는 설정입니다. {', '.join(names)}만 쓸 수 있습니다.")
    return replace(settings, **{names[key]: _check(key, value) for key, value in plan.items()})


def describe_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings as plain JSON values, keys in camelCase."""
    return {_to_camel(name): value for name, value in vars(settings).items()}


def _to_camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def _check(key: str, value: Any) -> Any:
    if key == "allowedIps":
        return _check_addresses(value)
    if key in CHOICES:
        if value not in CHOICES[key]:
            raise SettingError(f"{key}: {', '.join(CHOICES[key])} 가운데 하나여야 합니다.")
        return value
    if value is None and key in {"burst", "idleSeconds"}:
        return None
    kind = int if key in WHOLE else int | float
    if not isinstance(value, kind) or isinstance(value, bool) or value < LEAST[key]:
        raise SettingError(f"{key}: {LEAST[key]} 이상의 {'정수' if key in WHOLE else '수'}여야 합니다.")
    return value


def _check_addresses(value: Any) -> tuple[str, ...]:
    try:
        addresses = tuple(str(ipaddress.IPv4Address(text)) for text in value)
    except (TypeError, ValueError) as error:
        raise SettingError("allowedIps: IPv4 주소의 목록이어야 합니다.") from error
    if len(addresses) > MOST_ADDRESSES:
        raise SettingError(f"allowedIps: 주소는 {MOST_ADDRESSES}개까지 등록할 수 있습니다.")
    return addresses
