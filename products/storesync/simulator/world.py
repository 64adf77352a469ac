"""The store as a whole: products, tokens, limits, settings, and what is planned against its callers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from products.storesync.simulator.clock import StoreClock
from products.storesync.simulator.counters import Counters
from products.storesync.simulator.events import EventBook
from products.storesync.simulator.faults import FaultBook
from products.storesync.simulator.limiter import RateLimiter
from products.storesync.simulator.settings import Settings
from products.storesync.simulator.shelf import Store
from products.storesync.simulator.tokens import TokenDesk


@dataclass(frozen=True)
class Start:
    """How a store begins, and what a reset brings it back to."""

    rows: Sequence[Mapping[str, Any]]
    seed: int
    image_origin: str
    client_id: str
    client_secret: str
    settings: Settings = field(default_factory=Settings)
    speed: float = 1.0


class World:
    """One store at work. A reset replaces every part, so callers read the parts anew for each request."""

    def __init__(self, start: Start) -> None:
        """Raises ValueError when the secret is no canonical bcrypt salt."""
        self.start = start
        self.clock = StoreClock(start.speed)
        self.counters = Counters(self.clock.read_seconds)
        self.reset(start.seed)

    def reset(self, seed: int) -> None:
        """Go back to the start, with this seed: products, tokens, limits, faults, events, counters."""
        start = self.start
        self.scenario = ""
        self.store = Store(start.rows, seed=seed, image_origin=start.image_origin, clock=self.clock)
        self.tokens = TokenDesk(start.client_id, start.client_secret, self.clock)
        self.limiter = RateLimiter(self.clock, start.settings)
        self.faults, self.events = FaultBook(seed), EventBook()
        self.counters.reset()
        self.change(start.settings)

    def change(self, settings: Settings) -> None:
        """Go on with other settings."""
        self.settings = settings
        self.clock.offset_seconds = settings.clock_offset_seconds
        self.tokens.lifetime_seconds = settings.token_seconds
        self.limiter.configure(settings)

    @property
    def idle_seconds(self) -> float | None:
        """How long a connection may be silent by the machine's clock, None for ever."""
        idle = self.settings.idle_seconds
        return None if idle is None else idle / self.clock.speed
