"""Policies: that they come in time and do something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..case import Case
from ..model import Model
from ..policies import Policy
from ..run import Run
from .comparing import apart
from .context import Context, stopped
from .findings import Finding, error, note, warning

_NOTHING = 10.0  # tolerances: what two runs of the same equations differ by when they restart at other times


def policies(model: Model, context: Context) -> Iterator[Finding]:
    """Every policy acts within the run and changes it.

    A policy is tried in the cases that use it, until one shows an effect, else in the main case, from its own start or trigger on, or
    from the start of the run.
    """
    context.ready()
    for policy in model.policies.values():
        tried = [case for case in context.cases.values() if isinstance(case, Case) and policy.name in [event.name for event in case.policies]]
        if tried:
            pairs = ((context.runs[case.name], context.attempt(_without(case, policy.name)), case) for case in tried)
        else:
            own = policy.start is not None or policy.when is not None
            dated = policy if own or policy.end is not None else policy.at(context.base.path.schedule.start)
            pairs = ((context.attempt(context.main, policies=[dated]), context.runs[context.main.name], context.main) for _ in range(1))
        yield from _effect(policy, pairs, bool(tried))


def _effect(policy: Policy, pairs: Iterable[tuple], used: bool) -> Iterator[Finding]:
    """Give the finding of a policy whose runs with and without it are the same in every case; one that no case has `used` is only noted."""
    same = []
    for run, without, case in pairs:
        if not used and not isinstance(run, Run) and isinstance(without, Run):
            yield error(f"policy {policy.name!r}: with it in case {case.name!r}, {stopped(run)}; mend the policy, or what it replaces", policy.name)
        if not isinstance(run, Run) or not isinstance(without, Run):
            return  # a run that fails is a finding of `cases`, one that fails without the policy shows what it does
        if any(sentence.startswith(f"{policy.name}: it starts") for sentence in run.path.schedule.warnings):
            if used:
                continue  # which `cases` tells
            yield warning(f"policy {policy.name!r}: it starts after the run ends at {run.when(run.path.schedule.end)}, so that it has no effect; move it, or "
                          "lengthen the span", policy.name)
            return
        found = apart(run, without)
        if found.value > _NOTHING * run.solver["rtol"] or found.outcomes:
            return
        same.append(case.name)
    if same and policy.when is None and policy.start is None and not used:
        yield note(f"policy {policy.name!r}: no case uses it, and from the start of {_cases(same)} on it changes nothing; use it in a case", policy.name)
    elif same and policy.when is not None:
        yield note(f"policy {policy.name!r}: {policy.when} never comes true in {_cases(same)}, or what follows changes nothing; add a case in which it acts",
                   policy.name)
    elif same:
        yield warning(f"policy {policy.name!r}: it changes nothing in {_cases(same)}; mend what it replaces, {', '.join(map(str, policy.changes))}, or "
                      "when it acts", policy.name)


def _cases(names: list[str]) -> str:
    return f"{'case' if len(names) == 1 else 'any of the cases'} {', '.join(map(repr, names))}"


def _without(case: Case, name: str) -> Case:
    return replace(case, policies=tuple(event for event in case.policies if event.name != name))


def runs_of_policies(model: Model, context: Context) -> int:
    """Return about how many runs it takes to try every policy."""
    return len(model.policies)
