"""Which feedback loops turn: dominance among the loops of the story, with rescue and without, and the loops themselves."""

import numpy as np

from sd_basis.figures.causal import causal_loops
from sd_basis.figures.dominance import stacked, told
from sd_basis.figures.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, dated_axis, panel, panels, policy_lines
from sd_basis.looping import loop_scores
from sd_basis.looping.scoring import Group

from .comparing import SETS, UNIDENTIFIED, remark

CASES = {"no-rescue": "no rescue", "march-2020": "as it was"}
WINDOW = ("2020-03-06", "2020-03-27")
PARTS = {
    "death spiral": (VERMILLION, ("death spiral",)),
    "funds' margins and fear": (ORANGE, ("margin spiral", "haircut spiral", "precaution")),
    "lenders": (PURPLE, ("calls and defaults", "repo run", "hoarding")),
    "dealers": (BLUE, ("dealers' losses", "dealers' fear")),
    "flight": (SKY, ("contagion", "dash for dollars", "nobody quotes")),
    "balancing": (GREEN, ("bargain hunters", "position sold")),
}


def loop_dominance(context):
    """The shares of the named loops in what the market does, from onset to collapse and in the rescue."""
    figure, axes = panels(4, columns=2, height=2.6, labels=0.15)
    table: dict = {}
    colours = {label: colour for label, (colour, _) in PARTS.items()}
    for row, (case, spoken) in enumerate(CASES.items()):
        for column, values in enumerate(SETS):
            scores = _scores(context, case, values)
            run = scores.run
            own = axes[2 * row + column]
            panel(own, f"{values}, {spoken}: share of the scores of the named loops")
            table |= {f"{values}, {case}: {head}": along for head, along in stacked(own, scores, parts(scores), colours).items()}
            dated_axis(own, run.case, *(run.case.time("figure", date) for date in WINDOW))
            own.set_ylim(-1, 1.0)
            dates = [(action.start, "purchases") for action in run.path.schedule.actions if action.name == "purchases"]
            dates += [(decision.time, "funds gone") for decision in (run.outcomes["funds"],) if decision.code == "collapsed"]
            policy_lines(own, dates)
    said = (
        "Loops That Matter in continuous time: reinforcing above, balancing below. Shares of the 14 loops that the model names, over all cohorts; "
        "there are more loops than can be counted. Funds' margins and fear: margin spiral, haircut spiral, precaution. Dealers: their losses and their fear. "
        "Lenders: calls and defaults, repo run, hoarding. Flight: contagion, dash for dollars, nobody quotes. Balancing: bargain hunters, position sold. "
        "A loop that turns while prices recover is the same loop."
    )
    return remark(figure, said, f"{UNIDENTIFIED}: they set the gain of the funds' loops."), table


def parts(scores):
    """Return the named loops in six parts of the story."""
    return [
        Group(label, label, tuple(row for row, loop in enumerate(scores.loops) if loop.given in names), "changes", False, 1)
        for label, (_, names) in PARTS.items()
    ]


def loops_of_the_story(context):
    """The loops of the story that are strongest in the collapse, each as a ring with the signs of its links."""
    scores = _scores(context, "no-rescue", None)
    return causal_loops(scores, told(scores))


def _scores(context, case, values):
    """Return the scores at even times; speeds of speeds want a close run."""
    run = context.run(case, values=values, rtol=1e-10)
    return loop_scores(run, times=np.linspace(*(run.case.time("figure", date) for date in WINDOW), 401), only_named=True)
