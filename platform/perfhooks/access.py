"""Who may read the machine pages: addresses that settings allow, holders of the token, and staff."""

from __future__ import annotations

import hmac
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

LOOPBACK = ("127.0.0.0/8", "::1/128")
# What a proxy adds: its own address is then no word about who asks.
FORWARDING_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")

Network = IPv4Network | IPv6Network


class AccessError(ValueError):
    """An entry of METRICS_ALLOW is no address and no network."""


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether the request comes from METRICS_ALLOW and through no proxy, carries METRICS_TOKEN, or is of staff."""
    return _is_allowed_address(request) or _holds_token(request) or _is_staff(request)


def parse_networks(allowed: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of METRICS_ALLOW; raises `AccessError` that names the entry."""
    return _parse(tuple(allowed))


@lru_cache(maxsize=8)
def _parse(allowed: tuple[str, ...]) -> tuple[Network, ...]:
    networks = []
    for text in allowed:
        try:
            networks.append(ip_network(text.strip()))
        except ValueError as error:
            raise AccessError(f"METRICS_ALLOW: {text!r}은(는) 주소나 네트워크가 아닙니다.") from error
    return tuple(networks)


def _is_allowed_address(request: HttpRequest) -> bool:
    if any(header in request.headers for header in FORWARDING_HEADERS):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # a local socket has no address
        return False
    return any(address in network for network in parse_networks(getattr(settings, "METRICS_ALLOW", LOOPBACK)))


def _holds_token(request: HttpRequest) -> bool:
    token: str = getattr(settings, "METRICS_TOKEN", "")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


def _is_staff(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_active and user.is_staff
