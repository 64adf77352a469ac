"""Ordering work by name, so that a floor need not import the tasks of another one; and this floor's own tasks."""

from dataclasses import asdict
from functools import cache
from typing import Protocol

from celery import Task, current_app, shared_task
from django.db import transaction

from perfhooks.silk_pruning import prune_silk


class Order(Protocol):
    """How work is ordered: `enqueue` or `run_here`."""

    def __call__(self, name: str, *args: object) -> None:
        """name: the task's dotted path; args: JSON-able."""
        ...


@cache
def _find_task(name: str) -> "Task[..., object]":
    # A web server's or a command's process does not load the tasks modules by itself, as a worker does.
    current_app.loader.import_default_modules()
    return current_app.tasks[name]


def enqueue(name: str, *args: object) -> None:
    """Order the task `name` (its dotted path) with JSON-able arguments once the current transaction has committed.

    Without a broker it runs here, at once after the commit. KeyError when no app has such a task.
    """
    task = _find_task(name)
    transaction.on_commit(lambda: task.delay(*args))


def run_here(name: str, *args: object) -> None:
    """Run the task `name` in this process once the current transaction has committed, whether or not there is a broker.

    For who is a worker already and would wait for the outcome: on the only worker that would be for ever.
    """
    task = _find_task(name)
    transaction.on_commit(lambda: task.apply(args))


@shared_task
def prune_silk_records() -> dict[str, int]:
    """Keep silk's tables at their limit; {"deleted": ..., "kept": ...}."""
    return asdict(prune_silk())
