"""Trials: many claims measured, in this process or in several, each in every value set."""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from .compiled import compiled
from .errors import BasisError, InputError
from .expectations import Expectation, expectations
from .library import DEFAULT_VALUES, load, value_set_paths
from .manifest import versions
from .model import Model
from .simulation import check_settings
from .study import Runs
from .verdicts import Finding, trial

Task = tuple[int, str | None]


def value_sets(model: Model) -> list[str | None]:
    """Return the value sets of a model, the one in force by default first; None are the model's own values, in force where no set is."""
    known = list(value_set_paths(model.path)) if model.path else []
    return sorted(known, key=lambda name: name != DEFAULT_VALUES) if DEFAULT_VALUES in known else [None, *known]


def tried(model: Model, claims: Sequence[Expectation], sets: Sequence[str | None], method: str = "LSODA", rtol: float = 1e-6,
          workers: int = 1) -> Iterator[tuple[Expectation, Finding]]:
    """Measure claims in value sets and give each finding as soon as there is one, in no order with several workers.

    Workers are spawned processes that load the model themselves; each keeps to one value set while it can, so that its claims
    share their runs. Raises InputError for a formula that is wrong.
    """
    check_settings(method, rtol)
    tasks: list[Task] = [(claim.number, values) for claim in claims for values in sets]
    by_number = {claim.number: claim for claim in claims}
    workers = min(workers, len(tasks))
    if workers <= 1:
        runs = Runs(model, method, rtol)
        for number, values in tasks:
            yield by_number[number], trial(by_number[number], runs, values)[0]
        return
    compiled(model)  # once, into the cache on disk, not once in every worker
    with _spawned(workers, (str(model.path), method, rtol)) as ends:
        preferred = {end: sets[index % len(sets)] for index, end in enumerate(ends)}
        try:
            for end in ends:
                end.send(_next(tasks, preferred[end]))
            at_work = list(ends)
            while at_work:
                ready: list[Any] = wait(at_work)
                for end in ready:
                    number, answer = end.recv()
                    if isinstance(answer, str):
                        raise InputError(answer)
                    if tasks:
                        end.send(_next(tasks, preferred[end]))
                    else:
                        at_work.remove(end)
                    yield by_number[number], answer
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise BasisError("claims: a worker process ended by itself; there may be too little memory, try --workers 1") from None


def _next(tasks: list[Task], values: str | None) -> Task:
    """Take the next task of a value set, the last of another where it has none left."""
    own = next((task for task in tasks if task[1] == values), tasks[-1])
    tasks.remove(own)
    return own


@contextmanager
def _spawned(count: int, settings: tuple) -> Iterator[list[Any]]:
    """Start processes and give this side of their pipes; they end with the block, however it ends."""
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(count)]
    processes = [context.Process(target=_work, args=(theirs, *settings), daemon=True) for _, theirs in pairs]
    try:
        with _deaf():
            for process in processes:
                process.start()
        for _, theirs in pairs:
            theirs.close()  # so that a worker that dies closes its pipe
        yield [ours for ours, _ in pairs]
    finally:
        for process in processes:
            if process.pid is not None:
                process.terminate()
                process.join()


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that ignore Ctrl-C: it reaches them too, but ending them is the business of this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(end: Connection, path: str, method: str, rtol: float) -> None:
    """Answer (number, values) with (number, finding), or with the sentence of what is wrong."""
    runs, claims = None, {}
    while True:
        try:
            number, values = end.recv()
        except EOFError:
            return
        try:
            if runs is None:
                runs = Runs(load(path), method, rtol)
                claims = {claim.number: claim for claim in expectations(runs.model.path)}
            answer: Any = trial(claims[number], runs, values)[0]
        except Exception as error:
            answer = str(error) if isinstance(error, BasisError) else f"claim {number}: unexpected {type(error).__name__}: {error}"
        end.send((number, answer))


def made_with(model: Model, sets: Sequence[str | None], method: str, rtol: float) -> dict[str, Any]:
    """Return what findings hang on: versions, the text of the engine and of every file of the model, and the settings."""
    path = Path(str(model.path))
    files = path.rglob("*") if path.is_dir() else (file for beside in path.parent.glob(f"{path.stem}.*") for file in (beside, *beside.rglob("*")))
    engine = Path(__file__).parent
    return {**versions(), "engine": _digest(engine, engine.glob("*.py")), "model": model.name, "model_files": _digest(path.parent, files),
            "value_sets": list(sets), "method": method, "rtol": rtol}


def _digest(root: Path, files: Any) -> str:
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(root)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:32]
