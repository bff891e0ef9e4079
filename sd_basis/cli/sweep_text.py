"""What `sweep` says: the cost before it starts, the plan, and how the runs ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .output import count, number, table

if TYPE_CHECKING:
    from ..ensemble.planning import Cost


def duration(seconds: float) -> str:
    """Return a length of time as short text."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def cost_text(runs: int, missing: int, cost: Cost | None, workers: int, scheduler: str | None) -> str:
    """Return how many runs there are, of how many bytes, and how long the missing ones will take."""
    from ..ensemble.planning import size_text

    if cost is None:
        return f"{count(runs, 'run')}, all of them there already"
    there = "" if missing == runs else f", {runs - missing:,} of them there already"
    size = f"{runs:,} run{'' if runs == 1 else 's'}{there}, {size_text(runs * cost.bytes_per_run)} in all"
    if scheduler is not None:
        return f"{size}: {cost.on(1, missing)['core_hours']:.3g} core hours at {cost.rate:.3g} runs a second on a core like those here"
    return f"{size}: about {duration(cost.on(workers, missing)['seconds'])} on {count(workers, 'core')} at {cost.rate:.3g} runs a second each"


def plan_text(document: dict[str, Any]) -> str:
    """Return what runs cost on so many cores, as a table."""
    from ..ensemble.planning import size_text

    rows = [[f"{plan['runs']:,}", str(plan["cores"]), duration(plan["seconds"]), f"{plan['core_hours']:.3g}", size_text(plan["bytes"])]
            for plan in document["plans"]]
    return (f"{document['runs_per_core_second']:.4g} runs a second on a core with the engine {document['engine']}, {document['bytes_per_run']} bytes a run\n\n"
            + table(["runs", "cores", "time", "core hours", "store"], rows, left=0))


def summary_text(document: dict[str, Any], time_unit: str | None) -> str:
    """Return how the runs of a sweep ended, as tables and sentences."""
    runs = document["runs"]
    parts = []
    rows = [[group, code, f"{found:,}", f"{100 * found / runs:.4g} %"] for group, codes in document["outcomes"].items()
            for code, found in sorted(codes.items(), key=lambda item: -item[1])]
    if rows:
        parts.append(table(["group", "outcome", "runs", "share"], rows, left=2))
    kept = [[name, *map(number, found.values())] for name, found in document["kept"].items()]
    if kept:
        parts.append(table(["kept", "mean\nat the last time", "least\nthere", "most\nthere", "lowest\nof all", "highest\nof all"], kept))
    if document["failed"]:
        reasons = [f"  {found:,} x {reason}" for reason, found in list(document["failures"].items())[:5]]
        more = len(document["failures"]) - len(reasons)
        parts.append("\n".join([f"{document['failed']:,} of {runs:,} runs failed:", *reasons, *([f"  and {count(more, 'other reason')}"] if more else [])]))
    told = [f"{document['model']}, {document['case']}: {count(runs, 'run')} over {document['over']}."]
    if document["rate"] is not None:
        told.append(f"{count(document['computed'], 'run')} computed in {duration(document['seconds'])}, {document['rate']:.4g} a second, "
                    f"with the engine {document['solver']['engine']}.")
    apart = document["difference"]
    if apart is not None:
        unit = f" {time_unit}" if time_unit else ""
        codes = "no outcome differs" if not apart["codes"] else f"outcomes differ in {apart['codes']}"
        told.append(f"Largest difference from LSODA at rtol {apart['rtol']:g} over {count(apart['runs'], 'run')}: {number(apart['value'], 2)} of the size of "
                    f"{apart['quantity'] or 'what is kept'} (allowed {apart['allowed']:g}), {apart['decided']:.2g}{unit} in when outcomes "
                    f"are decided; {codes}.")
    return "\n\n".join([*parts, "\n".join(told)])
