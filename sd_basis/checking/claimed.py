"""Claims: the Expectations declared beside the model."""

from __future__ import annotations

from collections.abc import Iterator

from ..expectations import Expectation, expectations
from ..library import code_path
from ..model import Model
from ..trials import tried, value_sets
from ..verdicts import FAILS, HOLDS, check, judgement
from ..verdicts import Finding as Measured
from .context import Context
from .findings import Finding, Skip, error, warning

_RUNS = 8  # of a claim in one value set, for the progress


def claims(model: Model, context: Context) -> Iterator[Finding]:
    """Every Expectation beside the model holds.

    Executable expectations, as in Vensim's Reality Check. A claim whose bounds break is an error, one that cannot be told a warning.
    """
    if model.path is None or code_path(model.path, "claims") is None:
        raise Skip("the model makes no claims")
    context.ready()
    every, sets = expectations(model.path), value_sets(model)
    for claim in every:
        check(claim, model)
    found: dict[int, list[Measured]] = {claim.number: [] for claim in every}
    for claim, measured in tried(model, every, sets, "LSODA" if context.method not in ("LSODA", "BDF", "Radau") else context.method, context.rtol,
                                 context.workers if len(every) > 1 else 1):
        found[claim.number].append(measured)
        context.step(_RUNS)
    for claim in every:
        judged = judgement(claim, sorted(found[claim.number], key=lambda one: sets.index(one.values)))
        if judged.verdict != HOLDS:
            make = error if judged.verdict == FAILS else warning
            yield make(f"{claim.where}: it {judged.verdict}, {_plain(judged.why)}; mend the model, or what is claimed", claim.name)


def _plain(why: str) -> str:
    return why.rstrip(".").replace("; ", ", ")


def runs_of_claims(model: Model, context: Context) -> int:
    """Return about how many runs the claims take."""
    if model.path is None or code_path(model.path, "claims") is None:
        return 0
    claims: tuple[Expectation, ...] = expectations(model.path)
    return _RUNS * len(claims) * len(value_sets(model))
