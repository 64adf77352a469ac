"""What can be done to a running store, by the control plane, by an event, or by a scenario: one word for each."""

from collections.abc import Callable, Mapping
from typing import Any

from products.storesync.simulator.mutations import Changes, mutate_store
from products.storesync.simulator.picks import pick_product
from products.storesync.simulator.scenarios import SCENARIOS
from products.storesync.simulator.settings import change_settings
from products.storesync.simulator.world import World


class ActionError(ValueError):
    """An action that does not exist or cannot be done; the Korean message names the key and the fix."""


def perform(world: World, plan: Mapping[str, Any]) -> None:
    """Carry out every action of a plan in its order; a list stands for several of one kind. Raises ValueError."""
    for name, value in plan.items():
        act = ACTIONS.get(name)
        if act is None:
            raise ActionError(f"{name}: 할 수 없는 일입니다. {', '.join(ACTIONS)}만 쓸 수 있습니다.")
        for single in value if isinstance(value, list | tuple) else [value]:
            act(world, single)


def play_scenario(world: World, name: str) -> None:
    """Put a named scenario into play, on top of what is there; raises ActionError."""
    scenario = SCENARIOS.get(name)
    if scenario is None:
        raise ActionError(f"scenario: {name}은(는) 없는 이름입니다. 쓸 수 있는 것: {', '.join(SCENARIOS)}")
    perform(world, scenario.plan)
    world.scenario = name


def apply_settings(world: World, plan: Mapping[str, Any]) -> None:
    """Change some settings; raises SettingError and then changes none."""
    world.change(change_settings(world.settings, plan))


def apply_mutation(world: World, plan: Mapping[str, Any]) -> Changes:
    """Edit the products on sale; raises MutationError and then changes nothing."""
    return mutate_store(world.store, plan)


def add_fault(world: World, plan: Mapping[str, Any]) -> None:
    """Put a fault into play; `pick` names its product by place. Raises FaultError or MutationError."""
    own = {key: value for key, value in plan.items() if key != "pick"}
    if "pick" in plan:
        own["originProductNo"] = pick_product(world.store.shelf.products, plan["pick"], seed=world.store.seed)
    world.faults.add(own)


def add_event(world: World, plan: Mapping[str, Any]) -> None:
    """Plan an event; raises EventError or ActionError."""
    unknown = sorted(set(plan.get("do") or ()) - set(ACTIONS))
    if unknown:
        raise ActionError(f"do: {', '.join(unknown)}은(는) 할 수 없는 일입니다. {', '.join(ACTIONS)}만 쓸 수 있습니다.")
    world.events.add(plan)


def expire_tokens(world: World, seconds: Any) -> int:
    """Let every live token end in so many of the store's seconds; return how many there were. Raises ActionError."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise ActionError("remainingSeconds: 0 이상의 초여야 합니다.")
    return world.tokens.expire(float(seconds))


ACTIONS: Mapping[str, Callable[[World, Any], Any]] = {
    "settings": apply_settings,
    "mutate": apply_mutation,
    "faults": add_fault,
    "events": add_event,
    "expireTokens": expire_tokens,
}
