"""What samples of parameters that March 2020 does not tell say of the funds' deadline and of what to regret. From stored ensembles."""

import math

import numpy as np

from sd_basis.ensemble.criticals import CriticalDelays
from sd_basis.ensemble.regrets import Regret
from sd_basis.figures.uncertainty import probability_picture, regret_picture
from sd_basis.transition.scene import Scene

from .stored import computed_from, said_of, stored

RANGES = "Parameters from their plausible ranges, which are no posterior."


def probability_by_start(context):
    """The probability that the funds are lost, by the start of March 2020's policies, over 512 samples of five parameters."""
    document, samples, met = _stored("uncertainty", "met")
    values = [{"never": math.inf, "always": -math.inf, None: math.nan}.get(value, value) for value in document["values_of_samples"]]
    grid = np.array([row["at"] for row in document["probability"]])
    found = CriticalDelays(
        tuple(document["columns"]),
        samples,
        document["code"],
        np.array(values, float),
        grid,
        met > 0,
        document["returning"],
        0.0,
        document["runs"],
        (),
    )
    case, said = context.case(document["case"]), _said(context, "uncertainty", document)
    return probability_picture(context.model, case, found, zero=Scene(context.model, case).zero, remark=said)


def regret_by_policy(context):
    """What is regretted of six rescues that differ in date and size, over the same samples."""
    document, samples, losses = _stored("regret", "losses")
    found = Regret(tuple(document["names"]), tuple(document["columns"]), samples, losses, document["failed"])
    said = _said(context, "regret", document)
    return regret_picture(context.model, context.case(document["case"]), found, " + ".join(document["loss"]), "billion USD", said)


def _stored(name: str, inner: str):
    document = stored(name)
    return document, np.array(document["points"], float), np.array(document[inner], float)


def _said(context, name: str, document: dict) -> str:
    of = f"{document['values']}, {document['case']}"
    return f"{RANGES} {said_of(name, computed_from(context, {of: document['digest']}))}"
