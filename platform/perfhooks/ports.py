"""Ports: how a lower floor asks an upper one to act without importing it.

The lower floor declares a Protocol with one function and an empty Port of it; the upper floor fills the Port in its
AppConfig.ready; the lower floor calls it inside its own transaction. A system check fails while a Port is empty.
"""

from typing import Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured

Function = TypeVar("Function")


class Port(Generic[Function]):
    """A named place for one function of a known shape."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._function: Function | None = None

    @property
    def is_filled(self) -> bool:
        """Whether an upper floor has answered yet."""
        return self._function is not None

    def fill(self, function: Function) -> None:
        """Answer the port; ImproperlyConfigured when another function already does."""
        if self._function is not None and self._function is not function:
            raise ImproperlyConfigured(f"port {self.name} is filled twice: by {self._function} and by {function}")
        self._function = function

    @property
    def call(self) -> Function:
        """The function that answers; ImproperlyConfigured while nobody does."""
        if self._function is None:
            raise ImproperlyConfigured(f"port {self.name} is empty: the app that fills it is not installed")
        return self._function
