"""Feedback loops that a model names: quantities of which each acts directly on the next, and the last on the first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .errors import InputError, unknown
from .families import Members
from .lookups import Lookup
from .quantities import Auxiliary, Quantity, Stock

if TYPE_CHECKING:
    from .model import Model


@dataclass(frozen=True)
class Loop:
    """A feedback loop with a name: `Loop("death spiral", (discount, price, equity, sales))`, written as each acts on the next.

    The last one acts on the first. A family stands for the same member throughout, and the loop is then one loop for each member, which
    count together. A control that cuts the loop holds its first link: begin with one that is the loop's own.
    """

    name: str
    quantities: tuple
    description: str = ""

    def __post_init__(self):
        where = f"loop {self.name!r}"
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputError(f"{where}: its name is no text; say in a few words what goes round")
        if not isinstance(self.quantities, (tuple, list)) or len(self.quantities) < 2:
            raise InputError(f"{where}: {self.quantities!r} are not two quantities or more; write them as each acts on the next")
        object.__setattr__(self, "quantities", tuple(self.quantities))

    @property
    def where(self) -> str:
        """How errors name the loop."""
        return f"loop {self.name!r}"


@dataclass(frozen=True)
class Circuit:
    """One loop of a name, of one member where the name stands for a family of them."""

    name: str
    member: str
    quantities: tuple[Quantity, ...]

    @property
    def link(self) -> str:
        """The loop as `cut` takes it, from its first link on."""
        return " -> ".join(quantity.name for quantity in (*self.quantities, self.quantities[0]))


def circuits(model: Model, loops: Iterable[Loop]) -> tuple[Circuit, ...]:
    """Return the loops of a model that are named, member by member; raise InputError at the first link that is missing."""
    found: list[Circuit] = []
    for loop in loops:
        if not isinstance(loop, Loop):
            raise InputError(f"{model.where}: {loop!r} is no loop; give Loop(\"name\", (a, b, c)) in loops=")
        if any(known.name == loop.name for known in found):
            raise InputError(f"{model.where}: two loops are named {loop.name!r}; rename one")
        found += _laid_out(model, loop)
    return tuple(found)


def read_loop(model: Model, text: str) -> Loop:
    """Return the loop of a text "name: a -> b -> c" or "a -> b -> c"; `x[*]` stands for every member of a family."""
    name, colon, rest = text.partition(":")
    parts = [part.strip() for part in (rest if colon else text).split("->")]
    if len(parts) < 2 or not all(parts):
        raise InputError(f"loop {text!r}: it is no loop; write 'name: a -> b -> c', as each acts on the next and the last on the first")
    if len(parts) > 2 and parts[0] == parts[-1]:
        parts.pop()
    return Loop(name.strip() if colon else " -> ".join(parts), tuple(_family(model, text, part) if part.endswith("[*]") else part for part in parts))


def _family(model: Model, text: str, part: str) -> dict[str, Quantity]:
    bare = part.removesuffix("[*]")
    members = {name[len(bare) + 1:-1]: quantity for name, quantity in model.quantities.items() if name.startswith(f"{bare}[") and name.endswith("]")}
    if not members:
        raise unknown(f"loop {text!r}", "family", bare, [name.partition("[")[0] for name in model.quantities if "[" in name])
    return members


def _laid_out(model: Model, loop: Loop) -> list[Circuit]:
    """Return a loop member by member; every link is there."""
    families: list[dict[str, Quantity]] = []
    for given in loop.quantities:
        if isinstance(given, Members):
            families.append({", ".join(key): item for key, item in given.items.items()})
        elif isinstance(given, dict):
            families.append(given)
        else:
            families.append({"": given})
    members = next((list(family) for family in families if "" not in family), [""])
    for family in families:
        if "" not in family and list(family) != members:
            raise InputError(f"{loop.where}: it has the members {', '.join(members)} and the members {', '.join(family)}; keep to one family in a loop")
    made = []
    for member in members:
        quantities = tuple(_own(model, loop, family.get(member, family.get(""))) for family in families)
        if len(set(quantities)) < len(quantities):
            twice = next(quantity for quantity in quantities if quantities.count(quantity) > 1)
            raise InputError(f"{loop.where}: it passes {twice.name!r} twice; write each quantity of a loop once")
        for source, target in pairwise((*quantities, quantities[0])):
            check_link(model, loop.where, source, target)
        made.append(Circuit(loop.name, member, quantities))
    return made


def _own(model: Model, loop: Loop, given: Any) -> Quantity:
    if not isinstance(given, (str, Quantity)):
        raise InputError(f"{loop.where}: {given!r} is no quantity; name stocks, flows and auxiliaries")
    return model.quantity(given, loop.where)


def check_link(model: Model, where: str, source: Quantity, target: Quantity) -> None:
    """Raise InputError where one quantity does not act directly on the other, naming what does."""
    if isinstance(target, Stock):
        known: list = [flow for flow in model.flows if target in (flow.source, flow.sink)]
    elif isinstance(target, Auxiliary):
        known = sorted((symbol for symbol in model.equations[target].free_symbols if isinstance(symbol, Quantity)), key=str)
    else:
        raise InputError(f"{where}: {target.where} depends on nothing; a link ends at an auxiliary, a flow or a stock")
    if isinstance(source, Lookup):
        raise InputError(f"{where}: {source.where} is a table, which has no value of its own to hold; hold what it is looked up at, or the quantity it gives")
    if source not in known:
        raise unknown(where, f"link into {target.name!r} from", source.name, [quantity.name for quantity in known])
