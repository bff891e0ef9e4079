"""Sweeps: many runs of one case over a grid or a sample, kept in chunks, so that an interrupted one goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..case import Case
from ..errors import InputError
from ..manifest import tables_of
from ..model import Model
from ..policies import Impulse, Policy
from ..simulation import check_settings
from ..transition.keeping import described
from ..transition.scene import DELAY, Scene
from .axes import axes_of
from .carrying import Errand, carried
from .checking import difference
from .chunks import joined
from .designs import LHS, SOBOL, Design, design_of
from .engines import AUTO, chosen, engine_versions
from .job import Job
from .planning import check_room, chunk_size
from .results import Ensemble
from .store import FORMAT, Held, Store, chunk_names, stored_manifest

CHECKED = 8  # runs compared with LSODA


@dataclass(frozen=True)
class Prepared:
    """A sweep that can be carried out: what to compute, what its results hang on, where they go, and warnings."""

    errand: Errand
    about: dict[str, Any]
    folder: Path | None
    warnings: tuple[str, ...]

    def held(self, workers: int = 1, exports: tuple[Path, ...] = ()) -> Held:
        """Return the place of the chunks, the folder's store or memory; raise InputError where they do not fit, before anything is made."""
        there = len(chunk_names(self.folder)) if self.folder is not None and self.folder.is_dir() else 0
        check_room(self.errand, self.errand.chunks - there, workers, self.folder, exports)
        return Held(self.errand.chunks) if self.folder is None else Store(self.folder, self.errand.chunks, self.about)


def prepared(scene: Scene, over: Mapping[Any, Any] | Iterable[str], *, sample: int | None = None, seed: int = 0, kind: str = LHS, keep: Iterable[Any] = (),
             times: Iterable[Any] = (), engine: str = AUTO, chunk: int | None = None, store: str | Path | None = None) -> Prepared:
    """Return a sweep ready to be carried out; raise InputError for anything not usable as given.

    Where `chunk` is not given it is that of the store, if there is one, so that the same command goes on.
    """
    check_settings(scene.method, scene.rtol)
    axes, warnings = axes_of(scene, over, sample is not None)
    design = design_of(axes, sample, seed, kind)
    if kind == SOBOL and sample is not None and design.runs & (design.runs - 1):
        warnings.append(f"{design.runs} Sobol points are no power of two, where they are most even")
    return prepared_for(scene, design, keep=keep, times=times, engine=engine, chunk=chunk, store=store, warnings=warnings)


def prepared_for(scene: Scene, design: Design, *, keep: Iterable[Any] = (), times: Iterable[Any] = (), engine: str = AUTO, chunk: int | None = None,
                 store: str | Path | None = None, warnings: Iterable[str] = ()) -> Prepared:
    """Return a sweep over a design ready to be carried out; raise InputError for anything not usable as given."""
    check_settings(scene.method, scene.rtol)
    _check_delay(scene, DELAY in design.columns)
    own = tuple(scene.case.time("times", time) for time in times)
    job = Job(scene, design.columns, tuple(str(getattr(quantity, "name", quantity)) for quantity in keep), own)
    if chunk is not None and chunk < 1:
        raise InputError(f"chunk: {chunk} runs; give at least one")
    name, folder = chosen(job, engine), None if store is None else Path(store)
    kept = None if folder is None or chunk is not None else stored_manifest(folder)
    size = chunk or (kept or {}).get("chunk") or chunk_size(job, design.runs, name)
    return Prepared(Errand(job, design, size, name), _about(job, design, size, name), folder, tuple(warnings))


def carry_out(sweep: Prepared, held: Held, workers: int = 1, scheduler: str | None = None, progress: Callable[[int], None] = lambda runs: None) -> None:
    """Compute the chunks that are missing and keep them as they come; `progress` is told the number of runs in each."""
    for number, content in carried(sweep.errand, held.missing, workers, scheduler):
        held.keep(number, content)
        progress(sweep.errand.size(number))


def sweep(model: Model, case: Case | str | Path | None = None, *, over: Mapping[Any, Any] | Iterable[str], sample: int | None = None, seed: int = 0,
          design: str = LHS, policy: Policy | Impulse | str | None = None, keep: Iterable[Any] = (), times: Iterable[Any] = (),
          set: Mapping | None = None, policies: Iterable[Policy | str] = (), initial: Mapping | str | None = None, method: str = "LSODA",
          rtol: float = 1e-6, engine: str = AUTO, workers: int = 1, store: str | Path | None = None, chunk: int | None = None,
          scheduler: str | None = None, check: int = CHECKED, progress: Callable[[int], None] = lambda runs: None) -> Ensemble:
    """Run a case many times, over a grid or, where `sample` is a number of runs, over points drawn from ranges, and return the Ensemble.

    `over` maps parameters, and "delay" for the start of the policy after the first shock, to lists of numbers or to texts: "lin(0,1,5)",
    "log(1,100,5)" of a grid; "range" (the plausible one), "uniform(0,1)", "loguniform(1,100)" of a sample by `design` "lhs" or "sobol".
    `policy` names the policy that moves, by default all dated ones together. Of each run the outcomes are kept, and of the quantities `keep` the
    values at `times`, by default at the end, and the extremes. `store` is a folder from which an interrupted sweep goes on. More than one of
    `workers` are spawned processes (threads of a compiled engine), which import the script that called; `scheduler` is the address of one of
    dask.distributed. `check` runs are compared with LSODA. A run that fails is a row with a reason.
    """
    scene = Scene(model, case, policy=policy, set=set, policies=policies, initial=initial, method=method, rtol=rtol)
    made = prepared(scene, over, sample=sample, seed=seed, kind=design, keep=keep, times=times, engine=engine, chunk=chunk, store=store)
    with made.held(workers) as held:
        carry_out(made, held, workers, scheduler, progress)
        apart = difference(made.errand, held, check, seed)
        told = (apart.warning,) if apart is not None and apart.warning else ()
        return Ensemble(made.about, joined(list(held.each())), apart, (*made.warnings, *held.warnings, *told))


def _check_delay(scene: Scene, varied: bool) -> None:
    """Raise InputError where the policy that moves cannot, or has no date to stay at."""
    where = f"{scene.where}, sweep"
    if scene.moved is not None and scene.moved.when is not None:
        raise InputError(f"{where}: {scene.moved.name!r} is triggered by {scene.moved.when} and has no date; vary its threshold or delay, a parameter, instead")
    if varied and scene.moved is None and scene.own is None:
        raise InputError(f"{where}: the case has no dated policies; name the policy that moves with --policy, or choose a case with policies")
    if not varied and scene.moved is not None and scene.own is None:
        raise InputError(f"{where}: {scene.moved.name!r} has no date; vary its delay too, --over {DELAY}=..., or choose a case that uses it")


def _about(job: Job, design: Any, chunk: int, engine: str) -> dict[str, Any]:
    """Return what results hang on: versions, digests of model, case and data, settings, and the design."""
    scene, model = job.scene, job.scene.model
    found = described(scene, design.columns, scene.own, 1.0)
    settings = found.pop("settings")
    data = [*tables_of(model), *((outcome.name, outcome.lasting) for outcome in model.outcomes)]
    lasting = hashlib.sha256(repr(data).encode()).hexdigest()[:32]
    return {"format": FORMAT, **found, **engine_versions(engine), "data_hash": lasting, "settings_hash": settings, "value_set": model.value_set,
            "policy": None if scene.moved is None else scene.moved.name, "set": [f"{name}={value!r}" for name, value in sorted(scene.set.items())],
            "method": scene.method, "rtol": scene.rtol, "engine": engine, "over": design.text, "design": design.document(),
            "columns": list(design.columns), "runs": design.runs, "chunk": chunk, "keep": list(job.keep), "times": list(job.looked_at),
            "groups": {group: list(names) for group, names in job.groups.items()}, "time_unit": model.time_unit}
