"""The compiled engine: the runs of a job from their tables through the compiled loop to a batch."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial

import numpy as np

from ..beginning import tolerance_of
from ..compiled import Compiled, compiled
from ..declarations import holds_at_zero
from ..ensemble.job import Batch, Job
from ..errors import BasisError, InputError
from ..outcomes import UNDECIDED
from ..simulation import first_state
from ..timeline import Schedule
from ..transition.scene import DELAY
from .kernels import LANES, Source, triggered
from .lanes import REASONS, Facts, facts, found, lanes, room, run_rows
from .preparing import prepare
from .supporting import supported
from .tabling import Table, bases, outside, resolved, table, templates, with_base

_SLAB = 1024  # runs whose tables are made at once, and after which an interruption is heard
_TRUSTED = 1e-9  # a pivot that is a smaller share of the terms it was added up from is not believed


def fast_rows(job: Job, rows: np.ndarray, threads: int | None = None) -> Batch:
    """Return what comes of rows of a job (runs, columns), by compiled code in all processors' threads or in so many; the results do not depend on their number.

    Raises InputError where the extra `fast` is not installed, for a job that `supported` names, and for what no run of the job could do.
    """
    rows = np.asarray(rows, float)
    if rows.ndim != 2 or rows.shape[1] != len(job.columns):
        raise InputError(f"{job.scene.where}: the rows have the shape {rows.shape}; give one row a run with a number for each of {len(job.columns)} columns")
    engine = _engine(job, threads or os.cpu_count() or 1)
    batch = Batch.empty(job, len(rows))
    reasons = [""] * len(rows)
    for first in range(0, len(rows), _SLAB):
        engine.fill(rows[first:first + _SLAB], batch, reasons, first)
    return replace(batch, reasons=tuple(reasons))


_latest: list[Engine] = []  # that of the job whose chunks are being computed


def _engine(job: Job, threads: int) -> Engine:
    engine = next(iter(_latest), None)
    if engine is None or engine.job is not job or engine.threads != threads:
        refusal = supported(job)
        if refusal is not None:
            raise InputError(f"{job.scene.where}: {refusal}; run it with the plain engine")
        engine = Engine(job, threads)
        _latest[:] = [engine]
    return engine


class Engine:
    """A job with its machine code."""

    def __init__(self, job: Job, threads: int):
        self.job, self.threads = job, threads
        self.functions: Compiled = compiled(job.scene.model)
        self.kernels, self.drive = prepare(job.scene.model)
        self.conditions = Source(job.scene.model).conditions
        self.delay = job.columns.index(DELAY) if DELAY in job.columns else None
        self.resolved = cache(partial(resolved, job))

    def fill(self, rows: np.ndarray, batch: Batch, reasons: list[str], first: int) -> None:
        """Carry out some rows, and put what comes of them into a batch from its row `first` on."""
        delays = None if self.delay is None else rows[:, self.delay]
        for one, other, chosen in templates(self.job, delays, self.resolved):
            places = np.arange(len(rows)) if delays is None else np.flatnonzero(chosen)
            own = rows[places]
            base = bases(self.job, one, own)
            made = table(self.job, one, other, own[:, self.delay] if self.delay is not None else np.zeros(len(own)), base)
            bad = outside(self.job, one, base, made)
            for run in np.flatnonzero(made.early):
                bad.setdefault(int(run), self._too_early(float(own[run, self.delay]) if self.delay is not None else None))
            x, atol = self._starts(one, base, bad)
            out = self._runs(one, made, base, x, atol, [run for run in range(len(own)) if run not in bad])
            self._decide(made, out, bad, batch, reasons, first + places)

    def _too_early(self, delay: float | None) -> str:
        try:
            self.resolved(delay)
        except BasisError as error:
            return str(error)
        return "a policy starts before the run begins; choose a later date or shift"

    def _starts(self, plan: Schedule, base: np.ndarray, bad: dict[int, str]) -> tuple[np.ndarray, np.ndarray]:
        """Return initial stocks and tolerances, those of runs with the same parameters once; a run that has none is told in `bad`."""
        scene, model = self.job.scene, self.job.scene.model
        count = len(model.parameters)
        given = scene.case.initial if scene.initial is None else scene.initial
        needed = model.rests_on([stock.initial for stock in model.stocks])
        places = [place for place, parameter in enumerate(model.parameters) if isinstance(given, str) or parameter in needed]
        x, atol = np.zeros((len(base), len(model.stocks))), np.ones((len(base), len(model.stocks)))
        known: dict[bytes, tuple[np.ndarray, np.ndarray] | str] = {}
        for run in range(len(base)):
            if run in bad:
                continue
            key = base[run, places].tobytes()
            if key not in known:
                try:
                    start = first_state(model, scene.case, self.functions, with_base(plan, base[run], count), scene.initial)
                    known[key] = start, tolerance_of(model, start, scene.rtol, None)
                except (BasisError, ArithmeticError, ValueError) as error:
                    known[key] = str(error)
            result = known[key]
            if isinstance(result, str):
                bad[run] = result
            else:
                x[run], atol[run] = result
        return x, atol

    def _runs(self, plan: Schedule, made: Table, base: np.ndarray, x: np.ndarray, atol: np.ndarray, chosen: list[int]) -> dict[str, np.ndarray]:
        """Carry out the chosen runs and return what came out."""
        own = self.facts(plan, made)
        given = run_rows(own, x=x, atol=atol, base=base, ends=made.ends, segments=made.segments, values=made.values, slopes=made.slopes, kicks=made.kicks)
        out = room(own, len(base))
        count = max(min(self.threads, -(-len(chosen) // LANES)), 1)
        parts = [np.array(chosen[part::count], np.int64) for part in range(count)]
        work = [lanes(own) for _ in parts]

        def carry_out(part: np.ndarray, arrays: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
            whole, vectors, states = arrays
            self.drive(part, whole, own.real, vectors, states, given, out)
        carry_out(parts[0][:0] if count > 1 else parts[0], work[0])  # compiled or read once, not by each thread
        if count > 1:
            with ThreadPoolExecutor(count) as pool:
                list(pool.map(carry_out, parts, work))
        return found(own, out)

    def facts(self, plan: Schedule, made: Table) -> Facts:
        """Return what is the same for every run."""
        job, model, system = self.job, self.job.scene.model, self.functions.system
        items = triggered(model)
        _, watched = self.functions.watching(tuple(_margin(item) for item in items))
        used = {item.name for item in plan.triggers}
        kinds = {"trigger": 0, "jump": 1, "bend": 2, "knot": -1}
        codes = [kinds[item.kind] if place >= len(items) or items[place].name in used else -1 for place, item in enumerate(watched)]
        places = {quantity: place for place, quantity in enumerate((*model.stocks, *system.observables()))}
        kept = [places[model.quantities[name]] for name in job.keep]
        outcomes, groups = model.outcomes, list(job.groups)
        row = {condition: place for place, condition in enumerate(self.conditions)}
        lasting = [outcome for outcome in outcomes if outcome.lasting]
        absorbing = [outcome for outcome in outcomes if outcome.absorbing]
        impulses = list(model.impulses)
        amounts = [pair for name in impulses for pair in self.functions.kicked[name]]
        starts = np.concatenate([[0], np.cumsum([len(self.functions.kicked[name]) for name in impulses])])
        moved = np.array([system.incidence[:, flow] for _, flow in amounts], float).reshape(-1, len(model.stocks)).T
        changes = [list(getattr(item, "changes", {})) for item in items]
        early = bool(groups) and not job.keep and all(any(outcome.absorbing for outcome in outcomes if outcome.group == group) for group in groups)
        triggers = [[impulses.index(item.name) if item.name in model.impulses and item is model.impulses[item.name] else -1, int(item.rearm),
                     int(holds_at_zero(item.when)), int(item.name in used)] for item in items]

        count = len(model.stocks)
        numbers = {
            "stocks": count, "inputs": len(plan.base), "computed": self.kernels.outputs["observe"], "conditions": len(self.conditions),
            "rows": len(watched) if any(code >= 0 for code in codes) else 0, "timed": system.uses_time(system.derivatives()), "early": early,
            "observing": any(place >= count for place in kept), "groups": len(groups), "amounts": len(amounts)}
        whole = {
            "places": made.places, "nonnegative": [stock.nonnegative for stock in model.stocks], "kept": kept, "kinds": codes,
            "level_starts": np.cumsum([0, *(len(item.levels) for item in watched)]),
            "above": [holds_at_zero(items[place].when) if place < len(items) else item.above for place, item in enumerate(watched)],
            "mode_places": range(len(plan.base) - len(model.modes), len(plan.base)), "amount_starts": starts,
            "lasting_rows": [row[outcome.when] for outcome in lasting], "absorbing_rows": [row[outcome.when] for outcome in absorbing],
            "absorbing_groups": [groups.index(outcome.group) for outcome in absorbing], "triggers": np.array(triggers, np.int64).ravel(),
            "answer_starts": np.cumsum([0, *map(len, changes)]),
            "answer_places": [model.input_places[parameter] for own in changes for parameter in own], "pattern": self.functions.pattern.ravel()}
        real = {
            "times": job.looked_at if job.keep else (), "levels": [level for item in watched for level in item.levels],
            "periods": [np.nan if item.period is None else item.period for item in watched], "moved": moved.ravel(),
            "lasting": [outcome.lasting for outcome in lasting], "durations": [_lasts(item) for item in items]}
        span = plan.start, plan.end, plan.nearest, job.scene.rtol, _TRUSTED
        return facts(self.kernels, numbers, {name: np.array(list(own), np.int64) for name, own in whole.items()},
                     {name: np.array(list(own), float) for name, own in real.items()}, span, made.ends.shape[1])

    def _decide(self, made: Table, out: dict[str, np.ndarray], bad: dict[int, str], batch: Batch, reasons: list[str], places: np.ndarray) -> None:
        """Put outcomes, values and reasons into a batch."""
        job, model = self.job, self.job.scene.model
        row = {condition: place for place, condition in enumerate(self.conditions)}
        lasting = {outcome: place for place, outcome in enumerate([outcome for outcome in model.outcomes if outcome.lasting])}
        well = (out["status"][:, 0] == 0) & ~np.isin(np.arange(len(places)), list(bad))
        whole = made.complete & (out["due"][:, 0] == 0)
        for group, (name, codes) in enumerate(job.groups.items()):
            outcomes = [outcome for outcome in model.outcomes if outcome.group == name]
            code, time = np.zeros(len(places), np.int16), np.full(len(places), np.nan)
            for outcome in reversed(outcomes):
                if outcome.absorbing or outcome.lasting:
                    continue
                own = row[outcome.when]
                holds, since = whole & ~np.isnan(out["since"][:, own]), out["since"][:, own]
                if outcome.always:
                    holds = holds & (out["outside"][:, own] == 0)
                if outcome.once is not None:
                    held = out["first"][:, row[outcome.once]]
                    holds, since = holds & ~np.isnan(held), np.fmax(since, held)
                code, time = np.where(holds, codes.index(outcome.name), code).astype(np.int16), np.where(holds, since, time)
            first = np.full(len(places), np.inf)
            for outcome in outcomes:
                if outcome.absorbing or outcome.lasting:
                    entered = out["first"][:, row[outcome.when]] if outcome.absorbing else out["stays"][:, lasting[outcome]]
                    sooner = entered < first
                    first = np.where(sooner, entered, first)
                    code, time = np.where(sooner, codes.index(outcome.name), code).astype(np.int16), np.where(sooner, entered, time)
            batch.codes[places, group] = np.where(well, code, codes.index(UNDECIDED))
            batch.decided[places, group] = np.where(well, time, np.nan)
        for target, values in ((batch.values, out["values"]), (batch.lowest, out["lowest"]), (batch.highest, out["highest"])):
            if job.keep:
                target[places[well]] = values[well].reshape(-1, *target.shape[1:])
        for run in np.flatnonzero(~well):
            if int(run) in bad:
                reasons[int(places[run])] = bad[int(run)]
                continue
            status, stopped, stock = (out[name][run, 0] for name in ("status", "stopped", "stock"))
            why = REASONS[int(status)].format(stock=model.stocks[int(stock)].name)
            reasons[int(places[run])] = f"model {model.name!r}: the integration stopped at t = {stopped:g} ({why})"


def _margin(item: object) -> object:
    from ..declarations import margin

    return margin(f"{item.name!r}, when", item.when)


def _lasts(item: object) -> float:
    """Return how long what is triggered acts: an impulse for no time, a policy without a duration for ever."""
    duration = getattr(item, "duration", 0.0)
    return np.inf if duration is None else float(duration)
