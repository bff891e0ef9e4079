"""The table of functions and constructs tells what is so: each value is computed, each refusal read, and the document has the table."""

import pytest
from constructs import VENSIM, XMILE, stands, table

from sd_basis import InputError, import_model, simulate
from sd_basis.case import Case
from sd_basis.exporting import outlined, to_xmile

pytest.importorskip("parsimonious", reason="needs the extra interop")  # it comes with pysd
pytestmark = pytest.mark.filterwarnings("ignore")  # PySD's own
CONTROLS = "FINAL TIME = 4 ~ Month ~ |\nINITIAL TIME = 0 ~ Month ~ |\nTIME STEP = 1 ~ Month ~ |\nSAVEPER = TIME STEP ~ Month ~ |\n"
MACRO = ":MACRO: M(a, b)\nM = INTEG(b, a) ~~|\n:END OF MACRO:\n"
OF_XMILE = ("<macro name='M'><parm>a</parm><parm>b</parm><eqn>level</eqn><variables><stock name='level'><eqn>a</eqn><inflow>gain</inflow></stock>"
            "<flow name='gain'><eqn>b</eqn></flow></variables></macro>")
RANGE = "A: a1, a2, a3 ~~|\nx[A] = 1, 2, 3 ~~|\n"
ARRAY = ("<aux name='x'><dimensions><dim name='A'/></dimensions>" + "".join(f"<element subscript='{place}'><eqn>{place}</eqn></element>" for place in (1, 2, 3))
         + "</aux>")
TABLE = '<gf name="f"><xpts>0,2,10</xpts><ypts>0,4,8</ypts></gf>'


def vensim(folder, equations):
    path = folder / "model.mdl"
    lines = [f"{name} = {equation} ~~|" for name, equation in equations.items()]
    path.write_text("{UTF-8}\n" + MACRO + RANGE + "s = INTEG(1, 1) ~~|\nf((0,0),(2,4),(10,8)) ~~|\n" + "\n".join(lines) + "\n" + CONTROLS, encoding="utf-8")
    return import_model(path)


def xmile(folder, equations):
    path = folder / "model.xmile"
    lines = [f'<aux name="{name}"><eqn>{equation.replace("<", "&lt;")}</eqn></aux>' for name, equation in equations.items()]
    path.write_text('<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>'
                    f'<dimensions><dim name="A" size="3"/></dimensions>{OF_XMILE}'
                    f'<model><variables><stock name="s"><eqn>1</eqn><inflow>g</inflow></stock><flow name="g"><eqn>1</eqn></flow>{TABLE}{ARRAY}{"".join(lines)}'
                    "</variables></model></xmile>", encoding="utf-8")
    return import_model(path)


def kept(words):
    return {f"y {place}": (equation, value) for place, (_, equation, value) in enumerate(words) if value is not None}


@pytest.mark.parametrize("write, words", [(vensim, VENSIM), (xmile, XMILE)], ids=["Vensim", "XMILE"])
def test_every_supported_construct_has_its_value(write, words, tmp_path):
    known = kept(words)
    model = write(tmp_path, {name: equation for name, (equation, _) in known.items()})
    run = simulate(model, method="Euler")
    found = {name: run[name][-1] for name in known}
    assert found == pytest.approx({name: value for name, (_, value) in known.items()}, rel=1e-9, abs=1e-12)


def test_every_construct_that_is_read_is_exported_and_read_again(tmp_path):
    known = kept(VENSIM)
    model = vensim(tmp_path, {name: equation for name, (equation, _) in known.items()})
    path = tmp_path / "again.xmile"
    path.write_text(to_xmile(outlined(model, Case("default"))), encoding="utf-8")
    run = simulate(import_model(path), method="Euler")
    assert {name: run[name][-1] for name in known} == pytest.approx({name: value for name, (_, value) in known.items()}, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("write, equation", [(write, equation) for write, words in ((vensim, VENSIM), (xmile, XMILE))
                                             for _, equation, value in words if value is None])
def test_every_refused_construct_is_one_sentence_with_its_variable(write, equation, tmp_path):
    with pytest.raises(InputError) as caught:
        write(tmp_path, {"y": equation})
    assert "'y'" in str(caught.value) and "\n" not in str(caught.value)


def test_the_document_has_the_table_of_constructs():
    assert stands() == table()
