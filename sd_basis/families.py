"""Families: quantities with one member for each cohort, tenor or asset, written once and laid out member by member.

    tenor = Family("tenor", ("2y", "5y", "10y"))
    bonds = Stock("bonds", {"2y": 40, "5y": 30, "10y": 20}, "bond", over=tenor)     # bonds["5y"] is the stock `bonds[5y]`
    price = Parameter("price", {"2y": 99, "5y": 101, "10y": 97}, "dollar/bond", over=tenor)
    worth = Auxiliary("worth", bonds * price, "dollar")                              # worth[2y], worth[5y], worth[10y]
    total = Auxiliary("portfolio", worth.total, "dollar")

Arithmetic goes member by member; what belongs to one family only repeats over the others.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from .errors import InputError, unknown
from .written import minus, plus, power, times


@dataclass(frozen=True)
class Family:
    """The names of the members: of cohorts, tenors, assets."""

    name: str
    members: tuple[str, ...]

    def __post_init__(self):
        where = f"family {self.name!r}"
        if isinstance(self.members, str) or not all(isinstance(member, (str, int)) for member in self.members):
            raise InputError(f"{where}: {self.members!r} are no names; give a list of texts")
        members = tuple(str(member).strip() for member in self.members)
        if not members:
            raise InputError(f"{where}: it has no member; give at least one name")
        for member in members:
            if not member or any(letter in member for letter in ",[]"):
                raise InputError(f"{where}: {member!r} is no name of a member; give a text without commas and brackets")
            if members.count(member) > 1:
                raise InputError(f"{where}: {member!r} stands in it twice; name each member once")
        object.__setattr__(self, "members", members)

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def pairs(self) -> list[tuple[str, str]]:
        """Return each member with the next: the steps of an ageing chain."""
        return list(itertools.pairwise(self.members))

    def each(self, make: Callable[[str], Any]) -> Members:
        """Return what a function makes for each member: a Trade, or an expression that differs from one to the next."""
        made = {(member,): make(member) for member in self.members}
        return Members((self,), {key: sympy.sympify(item) if isinstance(item, (int, float)) else item for key, item in made.items()})


class Members:
    """Values, expressions or quantities, one for each member of a family or each combination of members of several.

    `x["5y"]` is a member, of two families `x["5y", "basis"]`; `x.total` their sum; `x.sum(tenor)` sums over one family
    only; `x.map(sympy.exp)` applies a function to each. Arithmetic and comparisons go member by member.
    """

    def __init__(self, families: tuple[Family, ...], items: dict[tuple[str, ...], Any], name: str = "expression", bare: Any = None):
        self.families, self.items, self.name = families, items, name
        self._bare = bare

    def __getitem__(self, member: Any) -> Any:
        wanted = tuple(str(part) for part in (member if isinstance(member, tuple) else (member,)))
        if len(wanted) != len(self.families):
            raise InputError(f"{self.name}[{', '.join(wanted)}]: it has {len(wanted)} index{'' if len(wanted) == 1 else 'es'}, but {self.name} has a member for "
                             f"each {' and '.join(family.name for family in self.families)}; give {len(self.families)}")
        for part, family in zip(wanted, self.families, strict=True):
            if part not in family.members:
                raise unknown(f"{self.name}[{', '.join(wanted)}]", f"member of family {family.name!r}", part, family.members)
        return self.items[wanted]

    def _sympy_(self):
        raise _NotOne(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items.values())

    def __len__(self) -> int:
        return len(self.items)

    @property
    def total(self) -> sympy.Expr:
        """The sum of all members; of stocks and flows, the auxiliary that bears the bare name."""
        return plus(*map(sympy.sympify, self.items.values())) if self._bare is None else self._bare

    def sum(self, family: Family) -> Members:
        """Return the sums over one of several families."""
        if family not in self.families:
            raise InputError(f"{self.name}: it has no members for {family.name!r}, but for {', '.join(own.name for own in self.families)}; sum over one of these")
        place = self.families.index(family)
        rest = self.families[:place] + self.families[place + 1:]
        if not rest:
            raise InputError(f"{self.name}: {family.name!r} is its only family; use .total")
        return Members(rest, {key: plus(*(value for own, value in self.items.items() if own[:place] + own[place + 1:] == key))
                              for key in itertools.product(*rest)})

    def map(self, function: Callable) -> Members:
        """Return a function of each member."""
        return Members(self.families, {key: function(value) for key, value in self.items.items()})

    def _with(self, other: Any, operation: Callable, swapped: bool = False) -> Members:
        if isinstance(other, (str, bytes)):
            return NotImplemented
        return together(lambda one, two: operation(two, one) if swapped else operation(one, two), self, other)

    def __add__(self, other):
        return self._with(other, plus)

    __radd__ = __add__

    def __sub__(self, other):
        return self._with(other, _less)

    def __rsub__(self, other):
        return self._with(other, _less, swapped=True)

    def __mul__(self, other):
        return self._with(other, times)

    def __rmul__(self, other):
        return self._with(other, times, swapped=True)

    def __truediv__(self, other):
        return self._with(other, _over)

    def __rtruediv__(self, other):
        return self._with(other, _over, swapped=True)

    def __pow__(self, other):
        return self._with(other, power)

    def __rpow__(self, other):
        return self._with(other, power, swapped=True)

    def __neg__(self):
        return self.map(minus)

    def __gt__(self, other):
        return self._with(other, operator.gt)

    def __ge__(self, other):
        return self._with(other, operator.ge)

    def __lt__(self, other):
        return self._with(other, operator.lt)

    def __le__(self, other):
        return self._with(other, operator.le)

    def __repr__(self) -> str:
        return f"{self.name}[{', '.join(family.name for family in self.families)}]"


class _NotOne(sympy.SympifyError):
    """A family stands where sympy needs one expression."""

    def __str__(self) -> str:
        return f"{self.expr!r} is a family and this takes one quantity; write for example x.map(sympy.exp)"


def _less(left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    return plus(left, minus(right))


def _over(left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    return times(left, power(right, sympy.S.NegativeOne))


def together(function: Callable, *arguments: Any) -> Members:
    """Return a function of arguments member by member; an argument without a family is the same for all."""
    families: tuple[Family, ...] = ()
    for argument in arguments:
        if isinstance(argument, Members):
            families += tuple(family for family in argument.families if family not in families)

    def part(argument: Any, key: tuple[str, ...]) -> Any:
        if not isinstance(argument, Members):
            return sympy.sympify(argument, strict=True)
        return argument.items[tuple(key[families.index(family)] for family in argument.families)]
    return Members(families, {key: function(*(part(argument, key) for argument in arguments)) for key in itertools.product(*families)})


def lifted(make: Callable, cls: type, *arguments: Any, **options: Any) -> Any:
    """Return what a sympy function's `__new__` makes of arguments, member by member where one is a family."""
    if any(isinstance(argument, Members) for argument in arguments):
        return together(cls, *arguments)
    return make(cls, *arguments, **options)


def families_of(over: Any, values: Iterable[Any]) -> tuple[Family, ...]:
    """Return the families of a declaration: those in `over`, else those of its values."""
    if over is not None:
        given = (over,) if isinstance(over, Family) else tuple(over)
        for family in given:
            if not isinstance(family, Family):
                raise InputError(f"over: {family!r} is not a family; give Family(name, members)")
        return given
    found: dict[Family, None] = {}
    for value in values:
        if isinstance(value, Members):
            found.update(dict.fromkeys(value.families))
    return tuple(found)


def declared(make: Callable, name: str, families: tuple[Family, ...], **options: Any) -> Members:
    """Return one quantity a member, named `name[member]`, from options that may be families, or mappings by member."""
    def own(option: str, value: Any, key: tuple[str, ...]) -> Any:
        if isinstance(value, Members):
            stray = [family.name for family in value.families if family not in families]
            if stray:
                raise InputError(f"{name}, {option}: {value!r} has members for {stray[0]!r}, which {name} has not; add it to over=, or sum over it")
            return value.items[tuple(key[families.index(family)] for family in value.families)]
        if isinstance(value, dict):
            wanted: Any = key[0] if len(key) == 1 else key
            if wanted not in value:
                raise InputError(f"{name}, {option}: it has no value for member {wanted!r}; give one for each member")
            for given in value:
                if (given if isinstance(given, tuple) else (given,)) not in list(itertools.product(*families)):
                    raise unknown(f"{name}, {option}", "member", str(given), ["/".join(known) for known in itertools.product(*families)])
            return value[wanted]
        return value
    items = {key: make(f"{name}[{', '.join(key)}]", **{option: own(option, value, key) for option, value in options.items()})
             for key in itertools.product(*families)}
    return Members(families, items, name)


def laid_out(items: Iterable) -> list:
    """Return items with families of them laid out member by member."""
    return [member for item in items for member in (item.items.values() if isinstance(item, Members) else (item,))]
