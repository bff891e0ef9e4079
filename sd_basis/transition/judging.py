"""The kind of a turn, from evidence alone: whether the response jumps, how decision times grow, and what lies on the boundary."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .edges import Edge
from .ghosts import ghost
from .growing import cascade, growth
from .ladder import Ladder
from .laws import SIDES, Logarithm, logarithm
from .searching import Line, Turn
from .separating import Gap
from .tracking import edge_of

_EQUAL = 0.02  # both sides' slopes
_AGREE = 0.01  # slope and eigenvalue
_SLOW = 0.1  # of the unstable eigenvalue: what has not settled when the runs part
_TINY = 100.0  # times rtol: a distance of states that says nothing


@dataclass(frozen=True)
class Evidence:
    """The class of a turn and what it rests on; the fields are those of Critical."""

    value: float
    classification: str
    reason: str
    scaling: dict[str, np.ndarray] = field(default_factory=dict)
    law: Logarithm | None = None
    edge: Edge | None = None
    decades: float = 0.0
    codes: tuple[str, str] | None = None  # below and above, where the search saw others over its finite time


def judged(axis: Line, turn: Turn, top: str, spacing: float, frozen: tuple = ()) -> Evidence:
    """Return the class of a turn with its evidence; `top` is the outcome at the upper end of the bracket, `spacing` that of the scan."""
    if turn.moves and (found := _ghost(axis, turn, spacing)) is not None:
        return found
    ladder = Ladder(axis, turn, top, spacing, turn.stretch).climb()
    if ladder.moves:
        return _ghost(axis, turn, spacing) or Evidence(turn.value, "none", "its kind is not settled: the turn moves with the horizon, however long, and no "
                                                       "inverse square root fits the decision times")
    if len(ladder.rungs) < 5:
        blurred = f", and at {len(ladder.mixed)}, up to {max(ladder.mixed):.1e}, a side ends as the other does" if ladder.mixed else ""
        return Evidence(ladder.turn.value, "none", f"its kind is not settled: only {len(ladder.rungs)} distances tell the sides apart{blurred}"
                        f"{_cascade(ladder) if ladder.rungs else ''}")
    jumps, distances = ladder.jumps, ladder.distances
    scaling = {"distance": distances, "jump": jumps,
               **{f"decided_{side}": np.array([np.nan if rung.decided[place] is None else rung.decided[place] for rung in ladder.rungs], float)
                  for place, side in enumerate(SIDES)}}
    last = jumps[-5:]
    if last.min() > 0.5 * last.max() and last.max() > 1e-3:
        return _jumping(axis, ladder, turn, spacing, scaling, frozen)
    told = jumps > max(_TINY * axis.scene.rtol, 1e-13)
    if told.sum() >= 4 and np.all(jumps[told][-3:] < 0.7 * jumps[told][-4:-1]):
        return _continuous(axis, ladder, scaling, told)
    return Evidence(ladder.turn.value, "none", f"its kind is not settled: the two sides' states are {last[0]:.2g} apart at a distance of "
                    f"{distances[-5]:.1e} and {last[-1]:.2g} at {distances[-1]:.1e}, neither a jump nor a continuous response{_cascade(ladder)}", scaling)


def _cascade(ladder: Ladder) -> str:
    """Return how a difference grew between the closest runs that still part as far as wider ones."""
    jumps = ladder.jumps
    rung = ladder.rungs[int(np.flatnonzero(jumps >= 0.5 * jumps.max())[-1])]
    floor = rung.distance / max(abs(ladder.turn.value), ladder.spacing)  # the difference that the runs were given
    return cascade(growth(rung.low, rung.high, ladder.places, ladder.size, floor), rung.distance, float(ladder.distances.min()), ladder.axis.scene.rtol)


def _ghost(axis: Line, turn: Turn, spacing: float) -> Evidence | None:
    found = ghost(axis, turn, spacing)
    if found is None:
        return None
    power, code = found.power, found.code
    text = (f"{code!r} is decided ever later on its side, as the power {power.exponent:.4f} of the distance over {power.decades:.1f} decades, up to "
            f"{found.time[0]:.4g} after the start, and on the other side the run ends {found.other}: two states of rest have just vanished "
            f"there; the turn is where these times become infinite (the fit is off by {power.residual:.1e}); over a finite time it seems to lie elsewhere")
    return Evidence(power.turn, "fold-ghost", text, {"distance": found.distance, f"decided_{found.side}": found.time}, decades=power.decades,
                    codes=(found.other, code) if found.side == "above" else (code, found.other))


def _jumping(axis: Line, ladder: Ladder, turn: Turn, spacing: float, scaling: dict, frozen: tuple) -> Evidence:
    """Return the evidence where the response jumps: a saddle, a ghost, or nothing that is known."""
    value, times = ladder.turn.value, ladder.parting()
    scaling |= {f"time_{side}": times[side] for side in SIDES}
    use = {side: np.isfinite(times[side]) for side in SIDES}
    law = logarithm({side: ladder.distances[use[side]] for side in SIDES}, {side: times[side][use[side]] for side in SIDES})
    jump = f"the response jumps by {np.median(ladder.jumps[-4:]):.2g} (1 is the size of the stocks) down to a distance of {ladder.distances[-1]:.1e}"
    if law is None or law.residual > 0.05 or min(use[side].sum() for side in SIDES) < 5:
        if (found := _ghost(axis, turn, spacing)) is not None:
            return found
        why = "fewer than four decades of decision times" if law is None else f"decision times are no logarithm (off by {law.residual:.2g} of the slope)"
        return Evidence(value, "none", f"its kind is not settled: {jump}, but {why}{_cascade(ladder)}", scaling, law)
    value += law.offset
    slopes = (f"decision times grow as the logarithm of the distance over {law.decades:.1f} decades, "
              f"slopes {law.slope['below']:.6g} and {law.slope['above']:.6g}")
    edge = edge_of(ladder, frozen)
    uneven = abs(law.slope["below"] - law.slope["above"]) > _EQUAL * abs(law.slope["above"])
    if edge.eigenvalue is None:
        return Evidence(value, "none", f"its kind is not settled: {jump}; {slopes}; but {edge.said}", scaling, law, edge, law.decades)
    agreement = max(abs(law.slope[side] * edge.eigenvalue + 1) for side in SIDES)
    held = f", with {' and '.join(map(str, frozen))} held while the times are those of the full model" if frozen else ""
    text = f"{jump}; {slopes}; {edge.said}{held}; slope times eigenvalue is -1 within {agreement:.1e}"
    if agreement > _AGREE or uneven:
        slow = [value.real for value in edge.spectrum if abs(value.real) < _SLOW * edge.eigenvalue]
        if slow:
            text += f", and an eigenvalue of {slow[0]:.2g} is too slow to have settled: hold the slow stocks, frozen="
        return Evidence(value, "none", f"its kind is not settled: {text}: no agreement", scaling, law, edge, law.decades)
    return Evidence(value, "saddle", text + "".join(f"; {note}" for note in ladder.notes), scaling, law, edge, law.decades)


def _continuous(axis: Line, ladder: Ladder, scaling: dict, told: np.ndarray) -> Evidence:
    """Return the evidence where the response is continuous: an absorbing event that is grazed or missed, or a measure that passes its bound."""
    turn, jumps, distances = ladder.turn, ladder.jumps[told], ladder.distances[told]
    power = float(np.polyfit(np.log(distances[-4:]), np.log(jumps[-4:]), 1)[0])
    rung = [rung for rung, keep in zip(ladder.rungs, told, strict=True) if keep][-1]
    stock = ladder.axis.scene.model.stocks[Gap(rung.low, [rung.high], ladder.places, ladder.size).widest].name
    smooth = (f"no jump: the states of the two sides differ by {jumps[-1]:.1e} at a distance of {distances[-1]:.1e}, as its power {power:.2f}, "
              f"{jumps[-1] / (2 * distances[-1]):.3g} of its size in {stock!r} for a unit of {axis.name}")
    wide = distances[jumps > 0.5 * jumps.max()]
    if jumps.max() > 0.1 and len(wide) > 1:
        smooth += f"; it looks like a jump ({jumps.max():.2g}) from further away than {wide.min():.1g}{_cascade(ladder)}"
    if ladder.mixed:
        smooth += f"; at {len(ladder.mixed)} of the distances, the smallest {min(ladder.mixed):.1e}, a side ends as the other does: noise, or a further turn"
    absorbing = {name: side for side, name in (("below", turn.below), ("above", turn.above)) if name in axis.scene.passages}
    for code, side in absorbing.items():
        times = scaling[f"decided_{side}"]
        steps = np.abs(np.diff(times[np.isfinite(times)]))[-5:]
        if len(steps) < 5:
            continue
        if steps[-2:].max() < 0.5 * steps[:2].max() or np.all(steps < 1e-6 * (axis.scene.end - axis.scene.start)):
            return Evidence(turn.value, "threshold", f"{code!r} is decided by a first passage, at {times[-1]:.6g} in the limit and not ever later, and the "
                            f"state after it varies continuously; {smooth}", scaling)
        if np.ptp(steps) < 0.1 * np.max(steps):
            slope = float(np.median(steps)) / np.log(10)
            return Evidence(turn.value, "steep", f"{smooth}; {code!r} is decided later by {slope:.4g} per factor e of the distance on this side only, as "
                            "where a plateau is approached at a stable rate: a logarithm, but no saddle", scaling)
    return Evidence(turn.value, "steep", f"{smooth}; the outcome is a label that turns where a measure passes its bound", scaling)
