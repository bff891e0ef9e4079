"""Saved runs: what a run needs to go on, as a file of plain text.

A state holds the stocks at a time, what the run carries beside them (armed and pending triggers, values held), how it met
the regions of its outcomes, and its tolerances. It is JSON, read as data and never executed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np

from .actions import Action
from .course import Status
from .errors import InputError
from .integrators import Piece
from .manifest import versions
from .outcomes import Visits, visited
from .path import Path
from .quantities import finite_number
from .storage import strict_json, write_atomic
from .timeline import Schedule

if TYPE_CHECKING:
    from .run import Run

_FORMAT = "sd_basis state 1"


@dataclass(frozen=True)
class State:
    """A run at a time, from which `simulate(..., resume=state)` goes on.

    `stocks` and `atol` are by stock, `status` what the run carries beside them, `visits` how it met the
    regions of its outcomes. `model` and `settings` are the digests of the model and of
    everything dated and set: a state goes on under the same ones only.
    """

    name: str
    model: str
    settings: str
    time: float
    stocks: dict[str, float]
    atol: dict[str, float]
    status: Status
    visits: tuple[Visits, ...] = ()

    def save(self, path: str | FilePath) -> FilePath:
        """Write the state to a file, atomically, and return its path."""
        write_atomic(path, strict_json({"format": _FORMAT, "versions": versions(), **asdict(self)}) + "\n")
        return FilePath(path)

    @classmethod
    def load(cls, path: str | FilePath) -> State:
        """Read a state; raise InputError for a file that holds none."""
        where = f"saved run {str(path)!r}"
        try:
            content = json.loads(FilePath(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"{where}: it cannot be read ({error.strerror}); give a file written by --save or State.save") from None
        except (ValueError, RecursionError):
            raise InputError(f"{where}: it is no saved run; give a file written by --save or State.save") from None
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise InputError(f"{where}: it is no saved run of this version; give a file written by --save or State.save")
        try:
            status = content["status"]
            numbers = {key: {str(name): finite_number(f"{where}, {key}", value) for name, value in content[key].items()} for key in ("stocks", "atol")}
            carried = Status({str(name): str(word) for name, word in status["triggers"].items()},
                             tuple((str(name), finite_number(f"{where}, fired", start), int(cause)) for name, start, cause in status["fired"]),
                             {str(name): finite_number(f"{where}, held", value) for name, value in status["held"].items()},
                             tuple((str(name), finite_number(f"{where}, passed", time)) for name, time in status["passed"]))
            return cls(str(content["name"]), str(content["model"]), str(content["settings"]), finite_number(f"{where}, time", content["time"]),
                       numbers["stocks"], numbers["atol"], carried, tuple(_met(**visits) for visits in content["visits"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InputError(f"{where}: a part of it is missing or malformed; save the run again") from None

    def check(self, plan: Schedule, key: str) -> None:
        """Raise InputError where the state belongs to another model or to other settings."""
        where = f"model {plan.model.name!r}, resume"
        if self.model != key:
            raise InputError(f"{where}: the run was saved from another model or version ({self.name}); go on with the same, or run anew")
        if self.settings != settings_of(plan):
            raise InputError(f"{where}: the run was saved under other parameters, policies or dates; give the same case, set and policies again")
        names, triggers = {stock.name for stock in plan.model.stocks}, {item.name for item in plan.triggers}
        carried = {*self.status.triggers, *(name for name, _, _ in self.status.fired)}
        if set(self.stocks) != names or set(self.atol) != names or not carried <= triggers or min(self.atol.values()) <= 0:
            raise InputError(f"{where}: the saved stocks, tolerances or triggers are not those of the model; save the run again")
        if not plan.start == self.time:
            raise InputError(f"{where}: the run was saved at {plan.case.when(self.time)}, where the span has to begin; leave the start out")

    def start(self, plan: Schedule) -> tuple[np.ndarray, np.ndarray]:
        """Return stocks and tolerances in the model's order."""
        return tuple(np.array([values[stock.name] for stock in plan.model.stocks]) for values in (self.stocks, self.atol))  # type: ignore[return-value]


def _met(stays: list, **visits: Any) -> Visits:
    return Visits(**visits, stays=tuple((enter, leave) for enter, leave in stays))


def settings_of(plan: Schedule) -> str:
    """Return a digest of parameters and of everything dated, whatever the span."""
    count = len(plan.model.parameters)
    tables = [(table.x, table.y, table.below, table.above) for table in plan.base[count + len(plan.model.series):][:len(plan.model.lookups)]]
    parts: list[Any] = [plan.base[:count], tables, plan.case.shift]
    for item in plan.order:
        if isinstance(item, Action):
            changes = [(place, str(value.expression), sorted((str(series), sampled) for series, sampled in value.sampled.items()))
                       for place, value in item.changes]
            parts.append((item.name, item.start, item.end, changes))
        else:
            parts.append((item.name, item.duration, item.rearm, str(item.when), str(item.delay), [*map(str, item.changes.items())]))
    parts += [(kick.impulse.name, kick.time) for kick in plan.kicks]
    parts += [(str(series), sampled) for series, sampled in plan.sampled.items()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def state_of(run: Run, at: Any = None) -> State:
    """Return the state of a run at a model time or date, by default where it ended; at a switch, before it."""
    path = run.path
    time = float(path.t[-1]) if at is None else run.case.time("state", at)
    if not path.t[0] <= time <= path.t[-1]:
        raise InputError(f"state: {run.when(time)} is not within the run from {run.when(path.t[0])} to {run.when(path.t[-1])}; give a time in it")
    names = [stock.name for stock in run.model.stocks]
    if time == path.t[0]:
        x, status, visits = path.course.switches[0].x, path.course.begun, tuple(path.before or ())
    else:
        own = until(path, time)
        x, status, visits = own.x[-1], own.course.statuses[-1], tuple(visited(own).values())
    return State(run.model.name, path.compiled.key, settings_of(path.schedule), time, dict(zip(names, map(float, x), strict=True)),
                 dict(zip(names, map(float, run.atol), strict=True)), status, visits)


def until(path: Path, time: float) -> Path:
    """Return a path up to a time behind its start; at a switch, before it."""
    place = next(index for index, piece in enumerate(path.pieces) if time <= piece.t[-1])
    piece = path.pieces[place]
    steps = int(np.searchsorted(piece.t, time))  # the first step that ends at the time or after it
    last = piece.x[steps] if piece.t[steps] == time else piece.interpolants[steps - 1](time)
    cut = Piece(np.append(piece.t[:steps], time), np.vstack([piece.x[:steps], last]), piece.interpolants[:steps])
    course = replace(path.course, pieces=[*path.pieces[:place], cut], segments=path.segments[:place + 1], switches=path.course.switches[:place + 1],
                     statuses=path.course.statuses[:place + 1])
    return Path(path.compiled, path.schedule, course, path.before)
