"""What is found: feedback loops with their names, polarity and delays, and the partitions they lie in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import unknown

REINFORCING, BALANCING, CHANGING, IDLE = "+", "-", "changes", "none"
LETTERS = {REINFORCING: "R", BALANCING: "B", CHANGING: "U", IDLE: "I"}


@dataclass(frozen=True)
class FeedbackLoop:
    """A feedback loop: its quantities in the order in which each acts on the next, and the last on the first.

    `name` is R1, B1, ..., of loops whose polarity changes along the run U1, of loops with a link that never acts I1; `given` the name the
    model gave it, `member` that of a cohort or tenor where the name stands for one loop each. `polarity` is "+", "-", "changes"
    or "none". `delayed` loops pass through a DELAY or SMOOTH. `independent` ones are in the shortest independent loop set.
    """

    name: str
    quantities: tuple[str, ...]
    polarity: str
    delayed: bool
    partition: int
    independent: bool
    given: str | None = None
    member: str = ""
    nodes: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """The name with the one that the model gave, "R3 death spiral [levered]"."""
        member = f" [{self.member}]" if self.member else ""
        return f"{self.name} {self.given}{member}" if self.given else self.name

    @property
    def path(self) -> str:
        """The loop as it is written: a -> b -> a, which `cut` takes."""
        return " -> ".join((*self.quantities, self.quantities[0]))

    def document(self) -> dict[str, Any]:
        """Return the loop as plain texts and truth values."""
        return {"name": self.name, "given": self.given, "member": self.member or None, "quantities": list(self.quantities), "polarity": self.polarity,
                "delayed": self.delayed, "partition": self.partition, "independent": self.independent}


@dataclass(frozen=True)
class Partition:
    """A cycle partition: quantities that all lie on common loops. `complete` tells whether every one of its loops was found."""

    number: int
    quantities: int
    stocks: int
    links: int
    independent: int
    loops: int
    complete: bool


@dataclass(frozen=True)
class Loops:
    """The feedback loops of a model, by name or number: `loops["R1"]`, `loops["death spiral"]`.

    `complete` tells whether these are all; else they are those the model names, the shortest independent sets and the strongest found along the run.
    """

    items: tuple[FeedbackLoop, ...]
    partitions: tuple[Partition, ...]
    most: int
    searched: bool = True  # for others than those named

    def __iter__(self) -> Iterator[FeedbackLoop]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, name: int | str) -> FeedbackLoop:
        """Return a loop by its place, its name or the name the model gave it; raise InputError with the nearest names."""
        if isinstance(name, int):
            return self.items[name]
        return self.named(name)[0]

    def named(self, name: str) -> list[FeedbackLoop]:
        """Return the loops of a name: one, or one for each member; raise InputError with the nearest names."""
        found = [loop for loop in self.items if name in (loop.name, loop.given, loop.label)]
        if not found:
            raise unknown("loops", "loop", name, [*(loop.given for loop in self.items if loop.given), *(loop.name for loop in self.items)])
        return found

    @property
    def complete(self) -> bool:
        """Whether every feedback loop was found."""
        return all(part.complete for part in self.partitions)

    @property
    def summary(self) -> str:
        """One sentence on how many loops there are, and how those shown were found."""
        count = f"{len(self.items)} feedback loop{'' if len(self.items) == 1 else 's'}"
        own = f" in {len(self.partitions)} cycle partition{'' if len(self.partitions) == 1 else 's'}"
        if not self.searched:
            return f"{count} that the model names; others were not looked for."
        if self.complete:
            return f"{count}{own}: these are all."
        wide = [part for part in self.partitions if not part.complete]
        many = "" if len(wide) == 1 else "s"
        return (f"{count}{own}, of which {len(wide)} ha{'ve' if many else 's'} more than {self.most} loops, where counting stopped: there, those named, "
                f"the shortest independent set{many} of {sum(part.independent for part in wide)}, and the strongest met by a search along the run, "
                "a heuristic that misses loops.")

    def document(self) -> dict[str, Any]:
        """Return everything as plain numbers and texts."""
        return {"complete": self.complete, "most": self.most, "partitions": [vars(part) for part in self.partitions],
                "loops": [loop.document() for loop in self.items]}
