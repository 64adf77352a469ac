"""The port through which a measured figure reaches whoever decides on releases (`operations.gates`)."""

from typing import Protocol

from perfhooks.ports import Port


class MeasurementPort(Protocol):
    """Keep one figure for the release gate."""

    def __call__(
        self,
        *,
        metric: str,
        value: float | None,
        samples: int,
        source: str,
        scenario: str = "",
        commit: str | None = None,
        base: str = "",
    ) -> int:
        """Return the number under which it is kept; no value means that it was measured in vain.

        base: the commit that `commit` was compared with, where the figure compares two.
        """
        ...


measurement_port: Port[MeasurementPort] = Port("perfhooks.measurement")
