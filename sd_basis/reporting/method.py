"""How it was computed: software, solver, tolerances, hashes of model and case, seeds, and the command that makes the page again."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from ..library import model_paths
from ..manifest import manifest, versions
from .page import Markup, element, facts, folded, joined, table
from .subject import Subject, known_cases
from .words import moment, number


def method(subject: Subject) -> Markup:
    """Return solver, settings, versions and hashes; nothing in it depends on when it ran."""
    run, about = subject.run, manifest(subject.run)
    solver = run.solver
    switches = [(entry["name"], moment(run, entry["start"]), "" if entry["end"] is None else moment(run, entry["end"])) for entry in about["switches"]]
    tolerances = [(name, number(value, 3)) for name, value in about["atol"].items()]
    shipped = ", ".join(f"{name} {version}" for name, version in versions().items())
    return joined(
        facts([("integrator", f"{solver['method']}, adaptive steps, exact Jacobian from the equations, a restart at every switch"),
               ("relative tolerance", number(solver["rtol"])), ("steps", str(solver["steps"])), ("restarts", str(solver["restarts"])),
               ("from", moment(run, about["span"][0])), ("to", moment(run, about["span"][1])),
               ("randomness", "none in this run: the equations are deterministic, no seed is used"),
               ("model", element("code", f"{about['model']}, {about['model_hash']}")), ("case", element("code", f"{about['case']}, {about['case_hash']}")),
               ("inputs", element("code", about["inputs_hash"])), ("value set", about["value_set"]), ("software", shipped),
               ("platform", f"{platform.system()} {platform.machine()}"), ("made again by", element("code", " ".join(_command(subject))))]),
        folded(f"Switches at which the integration restarts ({len(switches)})", table(("switch", "from", "to"), switches), open_=len(switches) <= 10)
        if switches else None,
        folded(f"Absolute tolerances by stock ({len(tolerances)})", table(("stock", "absolute tolerance"), tolerances, numbers=(1,)),
               open_=len(tolerances) <= 10))


def _command(subject: Subject) -> Sequence[str]:
    """Return the command that makes the page, with a shipped model by its name and another by that of its file."""
    path = subject.model.path
    shipped = path is None or Path(path) in model_paths().values()
    words = ["sd-basis", "report", subject.model.name if shipped else Path(str(path)).name]
    words += ["--case", subject.case.name] if subject.case.name != "default" else []
    words += ["--values", subject.model.value_set] if subject.model.value_set else []
    words += ["--method", str(subject.settings["method"])] if subject.settings["method"] != "LSODA" else []
    words += [part for name in subject.others if set(subject.others) != set(known_cases(subject.model)) for part in ("--compare", name)]
    words += [part for name, value in subject.set.items() for part in ("--set", f"{getattr(name, 'name', name)}={value!r}")]
    return [*words, "--rtol", number(subject.settings["rtol"])]
