"""Which feedback loops turn: dominance among the loops of the story, with rescue and without, and the loops themselves."""

from sd_basis.figures.causal import causal_loops
from sd_basis.figures.dominance import stacked, told
from sd_basis.figures.style import dated_axis, panel, panels, policy_lines
from sd_basis.looping import loop_scores

from .comparing import SETS, UNIDENTIFIED, remark

CASES = {"no-rescue": "no rescue", "march-2020": "as it was"}
WINDOW = ("2020-03-06", "2020-03-27")


def loop_dominance(context):
    """The shares of the named loops in what the market does, from onset to collapse and in the rescue."""
    figure, axes = panels(4, columns=2, height=2.6, labels=0.15)
    table: dict = {}
    for row, (case, spoken) in enumerate(CASES.items()):
        for column, values in enumerate(SETS):
            run = context.run(case, values=values)
            scores = loop_scores(run, between=WINDOW, only_named=True)
            own = axes[2 * row + column]
            panel(own, f"{values}, {spoken}: share of the scores of the named loops")
            table |= {f"{values}, {case}: {head}": values_of for head, values_of in stacked(own, scores, told(scores)).items()}
            dated_axis(own, run.case, *(run.case.time("figure", date) for date in WINDOW))
            policy_lines(own, [(action.start, "purchases") for action in run.path.schedule.actions if action.name == "purchases"])
            own.set_ylim(-1, 1.15)
    said = (
        "Loops That Matter in continuous time: reinforcing loops above, balancing ones below, the six strongest of each panel in colour. "
        "Shares of the 13 loops that the model names, each over all its cohorts; there are more loops than can be counted."
    )
    return remark(figure, said, f"{UNIDENTIFIED}: they set the gain of the funds' loops."), table


def loops_of_the_story(context):
    """The loops of the story that are strongest in the collapse, each as a ring with the signs of its links."""
    scores = loop_scores(context.run("no-rescue"), between=WINDOW, only_named=True)
    return causal_loops(scores, told(scores))
