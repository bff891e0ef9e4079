"""Compiled functions: cached by content, and a cache in any state only costs time."""

import marshal
import os

import numpy as np
import pytest
from small import draining, final_state, market

from sd_basis import CLOUD, Flow, Model, Parameter, Stock, simulate
from sd_basis.cache import cache_folder
from sd_basis.compiled import fingerprint
from sd_basis.storage import output_folder, write_atomic


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("SD_BASIS_CACHE", str(tmp_path / "own"))
    return tmp_path / "own"


def test_the_second_use_reads_the_cache_and_gives_equal_results(own, monkeypatch):
    first = simulate(market().model)
    assert not first.path.compiled.cached and first.ledgers and len(list(own.iterdir())) >= 5
    stamps = {path: path.stat().st_mtime_ns for path in own.iterdir()}
    monkeypatch.setattr("sd_basis.compiled.source", lambda *_: pytest.fail("it compiled again"))
    second = simulate(market().model)
    assert second.path.compiled.cached and second.ledgers == first.ledgers
    for name in (*first.names, "t"):
        assert np.array_equal(second.t if name == "t" else second[name], first.t if name == "t" else first[name])
    assert stamps == {path: path.stat().st_mtime_ns for path in own.iterdir()}


def test_the_same_model_written_twice_has_one_key():
    assert fingerprint(market().model) == fingerprint(market().model)


def test_values_do_not_change_the_key():
    assert fingerprint(draining(8.0, 0.5).model) == fingerprint(draining(8.0, 0.25).model)


def keys(rate=lambda level, share: share * level, initial=1.0, **options):
    level, share = Stock("level", initial), Parameter("share", 1.0)
    return fingerprint(Model("m", (Flow("f", source=level, sink=CLOUD, rate=rate(level, share)),), span=(0, 1), **options))


def test_whatever_shapes_the_code_changes_the_key():
    from sd_basis import Outcome, Policy
    found = {keys(), keys(lambda level, share: share * level**2), keys(lambda level, share: share + level), keys(initial=2.0),
             keys(time_unit="year"), keys(units={"year": "252 day"}), keys(policies=(Policy("p", {Parameter("q", 1): 2}),)),
             keys(outcomes=(Outcome("o", when=Stock("other", 1) > 1),)), fingerprint(market().model),
             fingerprint(market(at_price=False).model), fingerprint(market(leak=True).model)}
    assert len(found) == 11


def test_a_trade_and_two_loose_flows_have_different_keys():
    parts = market()
    loose = Model("market", (*parts.sale.flows, parts.lending), span=(0, 10), policies=(parts.rise,))
    traded = Model("market", (parts.sale, parts.lending), span=(0, 10), policies=(parts.rise,))
    assert fingerprint(loose) != fingerprint(traded)


def test_a_changed_equation_is_not_served_from_the_cache(own):
    def run(power):
        level = Stock("level", 1.0)
        return simulate(Model("m", (Flow("f", source=level, sink=CLOUD, rate=level**power),), span=(0, 1)), rtol=1e-9)["level"][-1]
    assert run(1) == pytest.approx(np.exp(-1), rel=1e-6) and run(2) == pytest.approx(1 / 2, rel=1e-6)


@pytest.mark.parametrize("damage", [b"", b"x", b"N", bytes(100), b"\x00" * 32 + b"N", "truncated", "flipped", marshal.dumps([1])])
def test_a_damaged_cache_is_harmless(own, damage):
    good = final_state(market().model)
    for path in own.iterdir():
        content = bytearray(path.read_bytes())
        if damage == "truncated":
            content = content[:len(content) // 2]
        elif damage == "flipped":
            content[len(content) // 2] ^= 255
        else:
            content = damage
        path.write_bytes(bytes(content))
    assert final_state(market().model) == good
    simulated = simulate(market().model)
    assert simulated.path.compiled.cached and simulated.path.x[-1].tolist() == good  # and it was mended


def test_a_cache_that_cannot_be_written_is_harmless(tmp_path, monkeypatch):
    good = final_state(market().model)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SD_BASIS_CACHE", str(tmp_path / "file" / "cache"))
    assert final_state(market().model) == good


def test_the_cache_lies_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("SD_BASIS_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("SD_BASIS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "sd_basis"


def test_names_of_any_kind_become_code():
    odd = Stock("x0", 1.0), Stock("def", 1.0), Stock("a b-c'\"\\", 1.0), Stock("t", 1.0), Stock("naïve ×", 1.0)
    flows = [Flow(f"p{i}", source=stock, sink=CLOUD, rate=stock * (i + 1)) for i, stock in enumerate(odd)]
    run = simulate(Model("odd", flows, span=(0, 1)), rtol=1e-9)
    for i, stock in enumerate(odd):
        assert run[stock.name][-1] == pytest.approx(np.exp(-(i + 1)), rel=1e-5)


def test_scalar_and_vector_code_agree():
    parts = market()
    run = simulate(parts.model, policies=["rise"])
    functions, system = run.path.compiled, run.path.compiled.system
    for index in (0, len(run.t) // 2, -1):
        given = [float(run[parameter][index]) for parameter in parts.model.parameters]
        rates = functions.rhs(run.t[index], run.path.x[index].tolist(), given)
        flows = [run[flow][index] for flow in parts.model.flows]
        assert rates == pytest.approx((system.incidence @ flows).tolist(), rel=1e-13, abs=1e-13)


def test_a_file_is_whole_or_absent(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file"
    write_atomic(path, "first")
    assert path.read_text() == "first"
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("interrupted")))
    with pytest.raises(OSError):
        write_atomic(path, "second")
    assert path.read_text() == "first" and list(path.parent.iterdir()) == [path]


def test_a_folder_for_results_is_made_or_refused(tmp_path):
    from sd_basis import InputError
    assert output_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        output_folder(tmp_path / "file" / "b")
