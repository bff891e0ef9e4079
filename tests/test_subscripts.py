"""Subscripts, arrays and macros of foreign files: read member by member, run to numbers computed apart, written and exported as such."""

import re
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sd_basis import InputError, import_model, load, simulate
from sd_basis.case import Case
from sd_basis.exporting import outlined, to_xmile
from sd_basis.interop import model_source
from sd_basis.interop.elements import key_of
from sd_basis.lookups import Lookup

pytest.importorskip("parsimonious", reason="needs the extra interop")  # it comes with pysd
pytestmark = pytest.mark.filterwarnings("ignore")  # PySD's own

OWN = Path(__file__).parent / "data" / "subscripts"
CONTROLS = "FINAL TIME = 4 ~~|\nINITIAL TIME = 0 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = TIME STEP ~~|\n"
A = "A: a1, a2, a3 ~~|\n"


def imported(folder, text):
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + "\n" + CONTROLS, encoding="utf-8")
    return import_model(path)


@cache
def known(name):
    """Return the model of one of the files of these tests."""
    return import_model(OWN / name)


def ends(model, *names):
    run = simulate(model, method="Euler")
    return [float(run[name][-1]) for name in names]


def folded(name):
    return re.sub(r"[\s_.,\[\]]+", " ", key_of(name)).strip()


def test_an_ageing_population_by_region_runs_to_numbers_computed_with_arrays():
    run = simulate(known("ages.mdl"), method="Euler")
    level = np.arange(10.0, 100, 10).reshape(3, 3)
    mortality = np.array([[0.001, 0.002, 0.003], [0.004, 0.005, 0.006], [0.05, 0.06, 0.07]])
    stages = np.repeat(level.sum(axis=0)[None] / level.sum(), 3, axis=0)
    waiting = 3 * np.array([0.05, 0.02, 0.05]) * level[1]
    for row in range(len(run.t)):
        share = level.sum(axis=0) / level.sum()
        stress = np.array([np.interp(share[0], [0, 0.5], [1, 2]), 1, np.interp(share[2], [0, 0.5, 1], [2, 1, 4])])
        births, ageing, deaths = np.array([0.05, 0.02, 0.05]) * level[1], level[:2] / np.array([[15], [50]]), mortality * level * stress
        for place, age in enumerate(("young", "adult", "old")):
            for region in range(3):
                assert run[f"population[{age}, region{region + 1}]"][row] == pytest.approx(level[place, region], rel=1e-12)
        found = [run[name][row] for name in ("total", "coastal", "largest[adult]", "smallest", "product", "chosen[region2]", "seen[region3]", "late[region1]")]
        assert found == pytest.approx([level.sum(), level[:, [0, 2]].sum(), level[1].max(), level.min(), share.prod(),
                                       level[1, 1] + 2 * level[2, 1], stages[2, 2], waiting[0] / 3], rel=1e-12)
        level = level + 0.5 * (np.array([births, ageing[0], ageing[1]]) - np.vstack([ageing, np.zeros(3)]) - deaths)
        stages = stages + 0.5 * (np.vstack([share, stages[:2]]) - stages) / (4 / 3)
        waiting = waiting + 0.5 * (births - waiting / 3)
    assert [run[f"weight[{age}]"][0] for age in ("young", "adult", "old")] == [1, 10, 3] and run["kinds"][0] == 3


def test_a_rate_between_two_members_is_one_flow_between_them():
    model = known("ages.mdl")
    flow = next(flow for flow in model.flows if flow.name == "ageing[young, region2]: population[young, region2] to population[adult, region2]")
    assert (flow.source.name, flow.sink.name) == ("population[young, region2]", "population[adult, region2]")


def test_macros_have_stocks_of_their_own_for_each_call():
    model = known("macros.mdl")
    assert ends(model, "both[a]", "both[b]", "fast", "sum") == pytest.approx([3 * 1.1**5, 3 * 1.3**5, 2 * 1.5**5, 1.1**5 + 1.3**5], rel=1e-12)
    assert {"both[a].GROWTH", "both[b].GROWTH.gain", "fast.DOUBLED.GROWTH", "sum.GROWTH", "sum.GROWTH 2", "sum.GROWTH 2.rate"} <= set(model.quantities)


def test_a_macro_gives_more_than_its_value_after_a_colon(tmp_path):
    macro = ":MACRO: ADD(one, two : least, most)\nADD = one + two ~~|\nleast = MIN(one, two) ~~|\nmost = MAX(one, two) + Time$*0 ~~|\n:END OF MACRO:\n"
    text = macro + "x = 2*Add(IF THEN ELSE(Time > 1 :AND: Time < 9, (5), 0), 3 : Least of All, most of all) ~~|\ny = least of all*10 + ADD(1, 2) ~~|\n"
    model = imported(tmp_path, text)
    assert ends(model, "x", "Least of All", "most of all", "y", "y.ADD.most") == [16, 3, 5, 33, 2]


@pytest.mark.parametrize("name", ["ages.mdl", "macros.mdl"])
def test_pysd_runs_a_subscripted_file_to_the_same_numbers_and_an_export_too(name, tmp_path):
    pysd = pytest.importorskip("pysd")
    shutil.copy(OWN / name, tmp_path)
    model = known(name)
    end = model.span[0] + 3 * model.step.value
    run = simulate(model, method="Euler", span=(model.span[0], end))
    own = {folded(name): run[name] for name, quantity in model.quantities.items() if not isinstance(quantity, Lookup) and quantity.name != "FINAL TIME"}
    tables = [pysd.read_vensim(str(tmp_path / name)).run(final_time=end, flatten_output=True)]
    if name == "macros.mdl":  # test_exporting computes the right-hand sides of both
        (tmp_path / "exported.xmile").write_text(to_xmile(outlined(model, Case("default"))), encoding="utf-8")
        tables.append(pysd.read_xmile(str(tmp_path / "exported.xmile")).run(final_time=end))
    for table in tables:
        shared = [column for column in table.columns if folded(column) in own]
        assert len(shared) >= 0.6 * len(table.columns)
        for column in shared:
            assert np.asarray(table[column], float) == pytest.approx(own[folded(column)], rel=1e-9, abs=1e-12), column


@pytest.mark.parametrize("name", ["ages.mdl", "macros.mdl"])
def test_a_subscripted_model_is_written_with_the_same_rates_at_a_hundred_states(name, tmp_path):
    from test_interop import rates

    model = known(name)
    path = tmp_path / "written.py"
    path.write_text(model_source(model, name), encoding="utf-8")
    again = load(path)
    assert set(again.quantities) == set(model.quantities)
    random = np.random.default_rng(1)
    for _ in range(100):
        state = dict(zip([stock.name for stock in model.stocks], random.uniform(0.1, 2, len(model.stocks)), strict=True))
        one, other = (rates(each, random.uniform(*model.span), state) for each in (model, again))
        assert all(other[stock] == pytest.approx(one[stock], rel=1e-10, abs=1e-10) for stock in state)


def test_ranges_are_lists_sequences_ranges_of_ranges_and_second_names(tmp_path):
    text = "R: (n1-n3), x y, Q ~~|\nQ: o, (p9-p11) ~~|\nR2 <-> R ~~|\na[R] = 1,2,3,4,5,6,7,8 ~~|\nb[R2] = a[R2]*10 ~~|\nc[Q] = a[Q] ~~|\n"
    model = imported(tmp_path, text + "d[R, R2] = a[R] - a[R2] ~~|\ne = ELMCOUNT(R) + p10 ~~|\nf[Q] = Q ~~|\nG[R2] = a[R] ~~|\n")
    assert ends(model, "a[x y]", "b[o]", "c[p11]", "d[n3, n1]", "e", "f[o]", "G[n2]") == [4, 50, 8, 2, 8 + 7, 5, 2]


def test_mappings_go_by_place_by_list_and_to_subranges(tmp_path):
    text = A + "B: b1, b2, b3 -> (A: a3, a2, a1), C ~~|\nC: c1, c2, c3 ~~|\nD: d1, d2 -> (A: S, a3) ~~|\nS: a1, a2 ~~|\nx[B] = 1, 2, 3 ~~|\nw[D] = 5, 6 ~~|\n"
    model = imported(tmp_path, text + "y[A] = x[B] ~~|\nz[C] = x[B] ~~|\nv[A] = w[D] ~~|\nu[S] = x[B] ~~|\n")
    assert ends(model, "y[a1]", "y[a3]", "z[c1]", "z[c3]", "v[a1]", "v[a2]", "v[a3]", "u[a1]") == [3, 1, 1, 3, 5, 5, 6, 3]


def test_a_mapping_in_the_direction_of_the_equation_counts_before_one_turned_round(tmp_path):
    text = A + "B: b1, b2, b3 -> (A: a3, a2, a1) ~~|\nC: c1, c2, c3 -> A ~~|\nD: d1, d2, d3 -> C ~~|\nx[A] = 1, 2, 3 ~~|\nz[C] = 4, 5, 6 ~~|\n"
    model = imported(tmp_path, text + "y[B] = x[A] ~~|\nw[A] = z[C] ~~|\nv[C] = x[A] + D*0 ~~|\nu[D] = z[C] ~~|\n")
    assert ends(model, "y[b1]", "w[a1]", "v[c3]", "u[d2]") == [3, 4, 3, 5]
    with pytest.raises(InputError, match=r"'v\[b1, c1\]': 'A' is mapped to more than one of its elements, a1, a3"):
        imported(tmp_path, text + "v[B, C] = x[A] ~~|\n")


def test_exceptions_leave_members_to_other_equations_or_to_none(tmp_path):
    text = A + "B: b1, b2 ~~|\nS: a2, a3 ~~|\nx[A, B] :EXCEPT: [a1, B], [S, b2] = 5 ~~|\nx[a1, B] = 6, 7 ~~|\ny[A] :EXCEPT: [S] = 8 ~~|\n"
    model = imported(tmp_path, text)
    assert {name for name in model.quantities if name[0] in "xy"} == {"x[a1, b1]", "x[a1, b2]", "x[a2, b1]", "x[a3, b1]", "y[a1]"}
    assert ends(model, "x[a1, b2]", "x[a3, b1]", "y[a1]") == [7, 5, 8]


def test_vector_select_takes_what_is_not_zero(tmp_path):
    wanted = {0: 2 * 4 - 6, 1: 2 * 4 * -6, 2: -6, 3: 8, 4: 1, 6: 10, 7: 24, 8: 4, 9: 6, 10: 5}
    text = A + "select[A] = 2, 0, -1 ~~|\nnone[A] = 0 ~~|\nx[A] = 4, 5, 6 ~~|\n"
    for action in wanted:
        text += f"action {action} = {action} ~~|\nz {action} = VECTOR SELECT(none[A!], x[A!], -1, {action}, 0) ~~|\n"
        text += f"y {action} = VECTOR SELECT(select[A!], x[A!], -1, action {action}, 0) ~~|\n"
    run = simulate(imported(tmp_path, text), method="Euler")
    assert {action: run[f"y {action}"][-1] for action in wanted} == wanted and {run[f"z {action}"][-1] for action in wanted} == {-1}


def test_lookups_read_the_next_point_the_one_before_or_on_along_the_slope(tmp_path):
    text = A + "f[A]((0,1),(1,3),(2,4)) ~~|\nx[A] = LOOKUP FORWARD(f[A], 0.5) ~~|\ny = LOOKUP BACKWARD(f[a2], 1.5) ~~|\nz = LOOKUP EXTRAPOLATE(f[a1], -1) ~~|\n"
    model = imported(tmp_path, text)
    assert ends(model, "x[a3]", "y", "z") == [3, 3, -1] and isinstance(model.quantities["f[a2] (backward)"], Lookup)


@pytest.mark.parametrize("text, message", [
    ("x[A] = 1,2,3 ~~|\ny = x ~~|", r"'y': 'x' has 1 subscript and stands here with none; write x\[A\]"),
    ("x[A] = 1,2,3 ~~|\ny = x[a1, a2] ~~|", r"'y': 'x' has 1 subscript and stands here with 2"),
    ("x = 1 ~~|\ny = x[a1] ~~|", r"'y': 'x' has no subscripts and stands here with 1; write x"),
    ("x[A] = 1,2,3 ~~|\ny = x[a4] ~~|", r"'y': no subscript 'a4'; did you mean 'A'\?"), ("x[AA] = 1 ~~|", r"'x': no subscript 'AA'; did you mean 'A'"),
    ("x[A] = 1,2 ~~|", r"'x': its table has 2 numbers where its subscripts ask for 3"),
    ("B: b1,b2 ~~|\nx[A,B] = 1,2,3;4,5,6; ~~|", r"'x': its table has 2 rows of 3 numbers where its subscripts ask for 3 rows of 2"),
    ("B: b1,b2 ~~|\nx[A,B] = 1,2;3,4;5; ~~|", r"'x': .*rows of its table have not the same length"),
    ("B: b1,b2 ~~|\nx[A] = 1,2,3 ~~|\ny[B] = x[A] ~~|", r"'y\[b1\]': the subscript 'A' stands on the right only, and no range on the left is mapped"),
    ("x[A] = 1,2,3 ~~|\ny[A] = x[A!] ~~|", r"'y\[a1\]': A! runs over elements outside SUM"),
    ("x[A] = 1,2,3 ~~|\ny = SUM(x[a1]) ~~|", r"'y': SUM runs over no sub"),
    ("x[a1] = 1 ~~|\ny[A] = x[A] ~~|", r"'y\[a2\]': no member of 'x' 'a2'; choose one of: a1"),
    ("x[A] = 1 ~~|\nx[a2] = 2 ~~|", r"'x': it is defined 2 times for a2"),
    ("x[A] = 1 ~~|\nx = 2 ~~|", r"'x': it has 1 subscripts in one equation and 0 in another"), ("x[A] :EXCEPT: [a1, a2] = 1 ~~|", r"'x': :EXCEPT: names 2"),
    ("x[A, A] = Time ~~|", r"'x': the subscript 'A' stands twice on its left"), ("A: b ~~|", r"line 3, 'A': the range is defined 2 times"),
    ("B: b1, C ~~|\nC: B ~~|", r"line 3, 'B': the range holds itself"), ("B: b1, b2, b1 ~~|", r"line 3, 'B': the element 'b1' stands in the range twice"),
    ("B: (b1-c3) ~~|", r"line 3, 'B': \(b1-c3\) is no sequence"), ("B: b1, b2 -> A ~~|", r"line 3, 'B': it has 2 elements and is mapped to 3 of 'A'"),
    ("B: b1, b2 -> AA ~~|", r"line 3, 'B': no range to map to 'AA'; did you mean 'A'"), ("B: b1 -> (A: b1) ~~|", r"line 3, 'B': 'b1' is no element of 'A'"),
    ("B: GET XLS SUBSCRIPT('f', 'g', 'a', 'b', '') ~~|", r"line 3, 'B': its elements stand in another file"),
    ("y = ELMCOUNT(a1) ~~|", r"'y': ELMCOUNT counts the elements of a subscript range, and a1 is none"),
    ("B: (b1-b400) ~~|\nx[B, A, B] = 1 ~~|", r"more than 50000"),
    ("x[A] := 1 ~~|", r"'x': it is external data"), ("x[A] = 1,2,3 ~~|\ny = VECTOR SELECT(x[A!], x[A!], 0, Time, 0) ~~|", r"'y': VECTOR SELECT takes one of"),
    ("x[A] = DELAY FIXED(Time, 1, 0) ~~|", r"'x\[a1\]': DELAY FIXED is not imported"),
    (":MACRO: M(x) \nM = x + 1 ~~|\n:END OF MACRO:\ny = M(1, 2) ~~|", r"'y': the macro 'M' has 2 arguments; give it 1"),
    (":MACRO: M(x) \nM = M(x) + 1 ~~|\n:END OF MACRO:\ny = M(1) ~~|", r"'y.M': the macro 'M' calls itself"),
    (":MACRO: M(x) \nN = x + 1 ~~|\n:END OF MACRO:\ny = M(1) ~~|", r"'y': the macro 'm' has no equation for 'm'"),
    (":MACRO: M(x : z) \nM = x + 1 ~~|\nz = 3 ~~|\n:END OF MACRO:\ny = M(1 : y) ~~|", r"'y': 'y' is given by the macro 'M' and has an"),
    (":MACRO: M(x : z) \nM = x + 1 ~~|\nz = 3 ~~|\n:END OF MACRO:\ny = M(1 : 2) ~~|", r"'y': what the macro 'M' gives as 'z' has no name"),
    (":MACRO: M(x : z) \nM = x + 1 ~~|\n:END OF MACRO:\ny = M(1 : q) ~~|", r"'y': the macro 'M' has no equation for 'z', which it gives"),
    (":MACRO: M(x : z) \nM = x + 1 ~~|\nz = 3 ~~|\n:END OF MACRO:\ny = M(1 : q, r) ~~|", r"'y': .* give it 1, and after a colon 1 names"),
    (":MACRO: M(x) \nM = x ~~|\n:END OF MACRO:\n:MACRO: M(x, y) \nM = x ~~|\n:END OF MACRO:\ny = M(1) ~~|", r"the macro 'M' is defined 2 times"),
    (":MACRO: M(x) \nM = x + w ~~|\n:END OF MACRO:\ny = M(1) ~~|", r"'y.M': no variable of its macro 'w'; choose one of: m, x"),
])
def test_subscripts_and_macros_that_do_not_fit_are_one_sentence(text, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        imported(tmp_path, A + text)
    assert str(caught.value).startswith(str(tmp_path / "model.mdl")) and "\n" not in str(caught.value)


DIMENSIONS = ("<dimensions><dim name='size' size='3'/><dim name='side'><elem name='left one'/><elem name='right'/></dim></dimensions>")
BY = {"size": "<dimensions><dim name='size'/></dimensions>", "side": "<dimensions><dim name='side'/></dimensions>",
      "both": "<dimensions><dim name='size'/><dim name='side'/></dimensions>"}


def arrayed(folder, variables, macros=""):
    path = folder / "model.xmile"
    path.write_text("<xmile xmlns='http://docs.oasis-open.org/xmile/ns/XMILE/v1.0'><sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>"
                    f"{DIMENSIONS}{macros}<model><variables>{variables}</variables></model></xmile>", encoding="utf-8")
    return load(path)


def aux(name, equation, by="", kind="aux", more=""):
    return f"<{kind} name='{name}'>{BY.get(by, by)}{'' if equation is None else f'<eqn>{equation}</eqn>'}{more}</{kind}>"


def test_arrays_of_xmile_apply_to_all_or_member_by_member(tmp_path):
    parts = "".join(f"<element subscript='{row}, {side}'><eqn>{value}</eqn></element>" for value, (row, side) in
                    enumerate(((row, side) for row in (1, 2, 3) for side in ("left one", "right")), start=1))
    table = "<element subscript='left one'><gf><xscale min='0' max='4'/><ypts>0,8</ypts></gf></element>" \
            "<element subscript='right'><gf><xpts>0,4</xpts><ypts>5,1</ypts></gf></element>"
    text = aux("m", None, "both", more=parts) + aux("row", "SUM(m[size, *])", "size")
    text += aux("all", "SUM(m) + MEAN(m[*, right]) + SIZE(m) + MAX(m) + MIN(m[2, *])")
    text += aux("t", "time", "side", more=table) + aux("share", "row/SUM(row)", "size") + aux("one", "m[2, left_one] + MAX(1, 2)")
    ends_of_stock = "<element subscript='left one'><eqn>3</eqn></element><element subscript='right'><eqn>9</eqn></element><outflow>out</outflow><non_negative/>"
    text += aux("s", None, "side", "stock", ends_of_stock) + aux("out", "m[1, side]", "side", "flow")
    run = simulate(arrayed(tmp_path, text), method="Euler")
    names = ("row[1]", "row[3]", "all", "t[left one]", "t[right]", "share[2]", "one")
    assert [run[name][-1] for name in names] == pytest.approx([3, 11, 21 + 4 + 6 + 6 + 3, 8, 1, 7 / 21, 5])
    assert run["s[left one]"].tolist() == [3, 2, 1, 0, 0] and run["s[right]"].tolist() == [9, 7, 5, 3, 1]


def test_macros_of_xmile_are_their_equation_or_a_variable_of_their_own(tmp_path):
    log = "<macro name='log of'><parm>x</parm><parm>base</parm><eqn>LN(x)/LN(base)</eqn></macro>"
    inside = aux("kept", "input", kind="stock", more="<inflow>change</inflow>") + aux("change", "(input - kept)/wait*DT/DT", kind="flow")
    smooth = f"<macro name='HELD'><parm>input</parm><parm>wait</parm><eqn>kept</eqn><variables>{inside}</variables></macro>"
    run = simulate(arrayed(tmp_path, aux("a", "log_of(8, 2)") + aux("b", "HELD(10 + STEP(5, 1), 2) + HELD(size, 1)", "size"), log + smooth), method="Euler")
    assert run["a"][0] == pytest.approx(3) and run["b[2]"].tolist() == [12, 12, 14.5, 15.75, 16.375] and run["b[3].HELD 2.kept"][0] == 3
    with pytest.raises(InputError, match=r"macro 'HELD': 'kept' in it is an array"):
        arrayed(tmp_path, aux("a", "1"), smooth.replace("</stock>", "<dimensions><dim name='side'/></dimensions></stock>"))


@pytest.mark.parametrize("text, message", [
    (aux("x", "1", "<dimensions><dim name='sides'/></dimensions>"), r"'x': no dimension 'sides'; did you mean 'side'"),
    (aux("x", "1", "side") + aux("y", "x + 1"), r"'y': the subscript 'side' stands on the right only"),
    (aux("x", "1", "side") + aux("y", "x[left]"), r"'y': no subscript 'left'; did you mean"),
    (aux("x", "1", "side") + aux("y", "x[1, right]"), r"'y': 'x' has 1 dimensions and stands here with 2 subscripts"),
    (aux("x", None, "side", more="<element subscript='right'><eqn>1</eqn></element>") + aux("y", "x", "side"), r"'y\[left one\]': no member of 'x' 'left one'"),
    (aux("x", None, "side", more="<element subscript='right, 1'><eqn>1</eqn></element>"), r"'x': an element of it has 2 subscripts and the variable 1 dim"),
    (aux("x", None, "side"), r"'x': it has no equation"), (aux("x", "MEAN(3)"), r"'x': MEAN runs over no subscript"),
])
def test_arrays_of_xmile_that_do_not_fit_are_one_sentence(text, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        arrayed(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "model.xmile")) and "\n" not in str(caught.value)
