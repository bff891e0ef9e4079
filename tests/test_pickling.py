"""Pickling: a model goes to another process and gives the same run there."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from small import chain, draining, driven, filling, final_state, market, models

from sd_basis import CLOUD, START, TIME, Model, Outcome, load, simulate


@settings(max_examples=20)
@given(models())
def test_a_model_survives_pickling_in_its_own_process(random):
    assert final_state(pickle.loads(pickle.dumps(random.model))) == final_state(random.model)


@pytest.fixture(scope="module")
def spawned():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield lambda model, **options: pool.submit(final_state, model, **options).result(timeout=120)


def test_a_spawned_process_gives_equal_runs(spawned):
    ramp = filling(lambda tap: TIME - START)
    for model, options in [
        (draining().model, {}), (market().model, {"policies": ["rise"]}), (driven((1, 2), (3, 4)).model, {}), (chain(300), {}),
        (load("repo_loan", "early-call"), {}), (ramp.model, {"policies": [ramp.model.policy("act").at(3)]}),
    ]:
        assert spawned(model, **options) == final_state(model, **options)


def test_two_models_of_the_same_names_stay_apart_in_another_process(spawned):
    ends = [spawned(draining(8.0, rate).model) for rate in (0.5, 1.0, 0.5)]
    assert ends[0] == ends[2] and ends[1][0] < ends[0][0]


@pytest.mark.parametrize("length", [300, 2000])
def test_a_long_chain_of_auxiliaries_pickles(length):
    model = chain(length)
    copy = pickle.loads(pickle.dumps(model))
    assert len(copy.auxiliaries) == length and copy.auxiliaries[-1].expression == model.auxiliaries[-1].expression


def test_cloud_stays_the_one_cloud():
    assert pickle.loads(pickle.dumps(CLOUD)) is CLOUD and repr(CLOUD) == "CLOUD"
    assert pickle.loads(pickle.dumps(TIME)) is TIME


def test_a_pickled_model_keeps_its_outcomes_trades_and_case():
    model = load("repo_loan", "early-call")
    copy = pickle.loads(pickle.dumps(model))
    assert simulate(copy).decided_at == simulate(model).decided_at and copy.case == model.case
    assert isinstance(copy, Model) and isinstance(copy.outcomes[0], Outcome)
    assert simulate(copy).ledgers == simulate(model).ledgers and np.array_equal(simulate(copy)["interest"], simulate(model)["interest"])
