"""The geometry of a component in inches, downwards positive, drawn together along one axis at a time."""

from __future__ import annotations

from itertools import pairwise

from ..quantities import Stock
from .compacting import Position, Program, Thing
from .lattice import PITCH
from .routing import Board, Route
from .sides import BOX, CLOUD_SIZE, box_height
from .spots import BESIDE, UNDER, label_size

_DISTANCES = {frozenset(pair): distance for pair, distance in {
    ("box",): 0.2, ("pipe",): 0.12, ("label",): 0.06, ("cloud",): 0.1, ("box", "pipe"): 0.16, ("box", "label"): 0.05, ("box", "cloud"): 0.1,
    ("pipe", "label"): 0.06, ("pipe", "cloud"): 0.07, ("label", "cloud"): 0.03}.items()}
_CLEAR = 0.06  # what passes at less than this along the other axis counts as beside
_HALF = 0.065  # of a valve
_TIP, _VALVE, _PORT, _TURN = 0.14, 0.09, 0.09, 0.13  # least lengths: of an end, around a valve, from a port to a corner, between bends
_PUFF = (CLOUD_SIZE / 2, 0.12)  # half the width and height of a cloud
_PAGE, _TALL, _CENTRE, _VALVE_CENTRE = 3.0, 8.0, 0.05, 0.2  # weights, against an inch of pipe


class Line:
    """A pipe: runs by turns across (0) and down (1), each with its coordinate off its axis; the valve lies on one of them."""

    def __init__(self, route: Route):
        self.route = route
        bundle, cells = route.bundle, route.path
        self.stocks = bundle.first, bundle.second
        self.axes = [0 if one[1] == other[1] else 1 for one, other in pairwise(cells)]
        self.at = [(one[1 - axis] + 0.5) * PITCH for axis, one in zip(self.axes, cells, strict=False)]
        signs = [1 if other[axis] > one[axis] else -1 for axis, (one, other) in zip(self.axes, pairwise(cells), strict=True)]
        self.ends = signs[0], -signs[-1]  # on which side of its box each end lies
        spot = route.spot
        self.carrier = next(number for number, (axis, (one, other)) in enumerate(zip(self.axes, pairwise(cells), strict=True))
                            if axis == spot.axis and one[1 - axis] == spot.valve[1 - axis]
                            and min(one[axis], other[axis]) <= spot.valve[axis] <= max(one[axis], other[axis]))
        self.valve = (spot.valve[spot.axis] + 0.5) * PITCH
        self.cloud = (route.cloud[self.axes[-1]] + 0.5) * PITCH if route.cloud else 0.0
        self.size = label_size(route.spot.lines)

    def label(self, axis: int) -> tuple[float, float]:
        """Return how far the label begins and ends from the valve along an axis."""
        extent, side = self.size[axis], self.route.spot.side
        if (axis == 0) == (side in ("above", "below")):
            return -extent / 2, extent / 2
        gap = BESIDE if axis == 0 else UNDER - 0.01
        return (gap, gap + extent) if side in ("right", "below") else (-gap - extent, -gap)


class Sketch:
    """Boxes on columns and rows with the lines between them."""

    def __init__(self, board: Board):
        self.places = board.places
        self.lines = [Line(route) for route in board.routes.values()]
        self.middle: tuple[dict[int, float], dict[int, float]] = {}, {}
        self.height: dict[Stock, float] = {}
        for stock, (left, right, top, bottom) in board.boxes.items():
            row, column = self.places[stock]
            self.middle[0][column], self.middle[1][row] = (left + right + 1) / 2 * PITCH, (top + bottom + 1) / 2 * PITCH
            self.height[stock] = (bottom - top + 1) * PITCH
        self.page = [0.0, 0.0]
        self._compact(0)

    def finish(self) -> Sketch:
        """Draw everything together down, and across once more; the width is known, but for a little, before."""
        self._compact(1)
        self._compact(0)
        return self

    def centre(self, stock: Stock) -> tuple[float, float]:
        """Return the middle of a stock's box."""
        row, column = self.places[stock]
        return self.middle[0][column], self.middle[1][row]

    def _edge(self, stock: Stock, axis: int, side: int) -> float:
        return self.centre(stock)[axis] + side * (BOX if axis == 0 else self.height[stock]) / 2

    def points(self, line: Line) -> list[tuple[float, float]]:
        """Return the corners of a line from its first stock to its second, or to the cloud."""
        first, last = line.axes[0], line.axes[-1]
        start = self._edge(line.stocks[0], first, line.ends[0])
        end = line.cloud + line.ends[1] * _PUFF[last] if line.stocks[1] is None else self._edge(line.stocks[1], last, line.ends[1])
        # a corner lies where the run before it is, along the run after it
        corners = [(start, line.at[0]), *pairwise(line.at), (end, line.at[-1])]
        return [(along, off) if axis == 0 else (off, along) for axis, (along, off) in zip([*line.axes, last], corners, strict=True)]

    def _compact(self, axis: int) -> None:
        """Move everything along one axis to where it takes the least room."""
        program = Program()
        middles = {number: program.variable(value) for number, value in sorted(self.middle[axis].items())}
        halves = {stock: Position((), BOX / 2) if axis == 0 else program.variable(self.height[stock] / 2) for stock in self.places}
        middle = {stock: middles[place[1 - axis]] for stock, place in self.places.items()}
        things: list[Thing] = []
        for stock, half in halves.items():
            other = self._edge(stock, 1 - axis, -1), self._edge(stock, 1 - axis, 1)
            things.append(Thing(middle[stock] - half, middle[stock] + half, other, "box"))
            if axis == 1:
                program.least(half, box_height(stock) / 2)
                program.small(half, _TALL)
        own = [self._line(program, number, line, axis, middle, halves, things) for number, line in enumerate(self.lines)]
        page = program.variable(max(program.value(thing.high) for thing in things))
        for thing in things:
            program.least(thing.low, 0.0)
            program.least(page - thing.high, 0.0)
        program.small(page, _PAGE)
        program.keep_apart(things, _DISTANCES, _CLEAR)
        program.solve()
        self.page[axis] = program.value(page)
        self.middle[axis].update({number: program.value(place) for number, place in middles.items()})
        if axis == 1:
            self.height = {stock: 2 * program.value(half) for stock, half in halves.items()}
        for line, (runs, valve, cloud) in zip(self.lines, own, strict=True):
            line.at = [program.value(runs[number]) if number in runs else value for number, value in enumerate(line.at)]
            if valve is not None:
                line.valve = program.value(valve)
            if cloud is not None:
                line.cloud = program.value(cloud)

    def _line(self, program: Program, number: int, line: Line, axis: int, middle: dict[Stock, Position], halves: dict[Stock, Position],
              things: list[Thing]) -> tuple[dict[int, Position], Position | None, Position | None]:
        """Add a line to the program: the runs off the axis, and the valve and cloud that slide along it."""
        points = self.points(line)
        spans = [tuple(sorted((one[1 - axis], other[1 - axis]))) for one, other in pairwise(points)]
        runs = {run: program.variable(line.at[run]) for run, own in enumerate(line.axes) if own != axis}
        for run, place in runs.items():
            things.append(Thing(place, place, spans[run], "pipe", number, run))
        cloud = None
        if line.stocks[1] is None:
            cloud = program.variable(line.cloud) if line.axes[-1] == axis else runs[len(line.at) - 1]
            off = line.cloud if line.axes[-1] != axis else line.at[-1]
            things.append(Thing(cloud - _PUFF[axis], cloud + _PUFF[axis], (off - _PUFF[1 - axis], off + _PUFF[1 - axis]), "cloud"))
        slides = line.axes[line.carrier] == axis
        valve = program.variable(line.valve) if slides else runs[line.carrier]
        off = line.at[line.carrier] if slides else line.valve
        for (low, high), (start, end) in ((line.label(axis), line.label(1 - axis)), ((-_HALF, _HALF), (-_HALF, _HALF))):
            things.append(Thing(valve + low, valve + high, (off + start, off + end), "label"))  # the valve too keeps a label's distance
        for run, own in enumerate(line.axes):
            if own == axis:
                self._along(program, line, run, middle, halves, runs, valve, cloud, points)
            else:
                for stock, at_end in zip(line.stocks, (0, len(line.at) - 1), strict=True):
                    if stock is not None and run == at_end:
                        program.least(runs[run] - middle[stock] + halves[stock], _PORT)
                        program.least(middle[stock] + halves[stock] - runs[run], _PORT)
                        program.near(runs[run], middle[stock], _CENTRE)
        return runs, valve if slides else None, cloud if line.axes[-1] == axis else None

    def _along(self, program: Program, line: Line, run: int, middle: dict[Stock, Position], halves: dict[Stock, Position],
               runs: dict[int, Position], valve: Position, cloud: Position | None, points: list[tuple[float, float]]) -> None:
        """Keep a run along the axis in its direction and long enough for its valve and heads, and make it short."""
        axis, final = line.axes[run], len(line.at) - 1
        sign = 1 if points[run + 1][axis] >= points[run][axis] else -1
        start = middle[line.stocks[0]] + halves[line.stocks[0]] * line.ends[0] if run == 0 else runs[run - 1]
        if run < final:
            end = runs[run + 1]
        elif cloud is not None:
            end = cloud - sign * _PUFF[axis]
        else:
            end = middle[line.stocks[1]] + halves[line.stocks[1]] * line.ends[1]
        length = (end - start) * sign
        program.small(length, 1.0)
        room = [_TIP if run == 0 else 0.0, _TIP if run == final else 0.0]
        if run == line.carrier:
            program.least((valve - start) * sign, room[0] + _VALVE)
            program.least((end - valve) * sign, room[1] + _VALVE)
            program.near(valve * 2.0, start + end, _VALVE_CENTRE / 2)
        else:
            # between two bends the same way a run may vanish; at an end and where the pipe turns back it may not
            back = run in (0, final) or (points[run][1 - axis] > points[run - 1][1 - axis]) != (points[run + 2][1 - axis] > points[run + 1][1 - axis])
            program.least(length, max(*room, _TURN if back else 0.0))

