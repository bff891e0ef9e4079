"""The matrices of Godley and Lavoie: they articulate, meet closed forms, show what leaks, and are legible in every form."""

import itertools
import re

import matplotlib.text
import numpy as np
import pytest
import sympy
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser
from small import draining, market

from sd_basis import (
    CLOUD,
    START,
    TIME,
    Auxiliary,
    Flow,
    Impulse,
    InputError,
    Instrument,
    Model,
    Parameter,
    Policy,
    Sector,
    Series,
    Stock,
    Trade,
    load,
    simulate,
)
from sd_basis.accounts import lines
from sd_basis.cli import main
from sd_basis.cli.tabular import tabular
from sd_basis.figures import Context, available, regenerate, tables
from sd_basis.library import model_paths
from sd_basis.matrices import balance_sheet, net_worth, revaluation, structure, transactions


def gap(run, start=None, end=None):
    """Return by how much start, transactions and revaluation miss the net worth at the end, relative to the largest balance sheet."""
    parts = np.array(net_worth(run, start, end).entries, dtype=float)
    sheet = balance_sheet(run, end).entries
    size = max(abs(entry) for row in sheet for entry in row if entry is not None)
    return np.max(np.abs(parts[:3].sum(axis=0) - parts[3])) / size


def notes(matrix):
    return " ".join(matrix.notes)


# What the numbers are

def test_the_matrices_of_a_market_meet_their_closed_form():
    run = simulate(market().model, rtol=1e-11)
    held = 10 + 100 * (1 - np.exp(-3))                   # bonds the dealer holds at the end
    paid = (held - 10) - 0.002 * (held**2 - 100)         # the integral of price = 1 - 0.004 held over the bonds sold
    coupon = 0.002 * (110 * 10 - 100 * (1 - np.exp(-3)) / 0.3)
    flows = transactions(run)
    assert flows.rows == ("sale", "sale_payment", "lending") and flows.columns == ("fund", "dealer")
    for row, fund in (("sale", -paid), ("sale_payment", paid), ("lending", coupon)):
        assert (flows[row, "fund"], flows[row, "dealer"]) == pytest.approx((fund, -fund), rel=1e-9)
    assert flows.column_sums == pytest.approx((coupon, -coupon), rel=1e-9)
    fund, dealer = -0.004 * (110 * (held - 10) - (held**2 - 100) / 2), -0.004 * (held**2 - 100) / 2
    gained = revaluation(run)
    assert (gained["bonds", "fund"], gained["bonds", "dealer"]) == pytest.approx((fund, dealer), rel=1e-9)
    assert (gained["cash", "fund"], gained["cash", "dealer"], gained.whole) == pytest.approx((0, 0, fund + dealer))
    end = balance_sheet(run)
    assert end["bonds", "dealer"] == pytest.approx(held * (1 - 0.004 * held), rel=1e-9)
    assert end["cash", "fund"] == pytest.approx(5 + paid + coupon, rel=1e-9)


def test_a_balance_sheet_may_be_asked_for_at_any_time_and_after_a_switch():
    run = simulate(market().model, policies=["rise"], rtol=1e-11)
    sold = 100 * (1 - np.exp(-0.3 * 3))
    at = balance_sheet(run, at=3)
    assert at["bonds", "fund"] == pytest.approx((100 - sold) * (2 - 0.004 * (10 + sold)), rel=1e-9)
    assert balance_sheet(run, at=0)["bonds", "dealer"] == pytest.approx(9.6)
    assert balance_sheet(run)["bonds", "fund"] == balance_sheet(run, 10)["bonds", "fund"]


def test_a_price_jump_at_a_policy_date_is_revaluation_and_no_transaction():
    parts = market()
    run, calm = (simulate(parts.model, policies=policies, rtol=1e-11, set={"impact": 0}) for policies in (["rise"], []))
    jump = 100 * np.exp(-0.9)  # fair doubles from one
    assert revaluation(run)["bonds", "fund"] == pytest.approx(jump, rel=1e-9) and revaluation(calm)["bonds", "fund"] == 0
    assert transactions(run, 0, 3)["sale", "fund"] == pytest.approx(transactions(calm, 0, 3)["sale", "fund"], rel=1e-9)
    # the balance sheet at a switch is the one after it, so the jump belongs to the window that ends there
    assert revaluation(run, 0, 3)["bonds", "fund"] == pytest.approx(jump, rel=1e-9) and revaluation(run, 3, 10)["bonds", "fund"] == 0


def test_a_price_that_moves_with_time_is_revalued_at_the_holdings_of_each_instant():
    bank = Sector("bank")
    price = Auxiliary("price", sympy.exp(TIME / 20))
    vault = Stock("vault", 4.0, holder=bank, instrument=Instrument("gold", price=price))
    run = simulate(Model("bank", (Flow("mine", source=CLOUD, sink=vault, rate=vault / 10, transfer=True),), span=(0, 10)), rtol=1e-11)
    whole = np.exp(1.5) - 1  # vault x price = 4 exp(0.15 t)
    assert revaluation(run)["gold", "bank"] == pytest.approx(4 / 3 * whole, rel=1e-8)
    assert transactions(run)["mine", "bank"] == pytest.approx(8 / 3 * whole, rel=1e-9) == -transactions(run)["mine", "outside"]


# They articulate

WINDOWS = [(None, None), (2.5, 7.25), (0, 3), (3, 10), (3, 3), (2.9999, 3.0001)]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("method", ["LSODA", "BDF", "Radau"])
def test_start_transactions_and_revaluation_make_the_end(method, window):
    assert gap(simulate(market().model, policies=["rise"], method=method, rtol=1e-10), *window) < 1e-8


@settings(max_examples=10)
@given(st.floats(0.05, 1.0), st.floats(0.0, 0.006), st.floats(0.0, 9.0), st.floats(0.0, 9.0))
def test_they_articulate_for_any_parameters_and_window(pace, impact, one, other):
    run = simulate(market(at_price=False).model, policies=["rise"], set={"pace": pace, "impact": impact}, rtol=1e-10)
    assert gap(run, min(one, other), max(one, other)) < 1e-8


@pytest.mark.parametrize("moved_by", ["series", "ramp"])
def test_they_articulate_where_prices_ramp(moved_by):
    bank, quoted = Sector("bank"), Parameter("quoted", 1.0)
    data = Series("data", (0, 4, 10), (1, 3, 2), kind="linear")
    price = Auxiliary("price", {"series": data + 0, "ramp": quoted**2}[moved_by])
    vault = Stock("vault", 4.0, holder=bank, instrument=Instrument("gold", price=price))
    ramp = Policy("ramp", {quoted: 1 + (TIME - START) / 5}, start=2, end=7)
    model = Model("bank", (Flow("mine", source=CLOUD, sink=vault, rate=vault / 10, transfer=True),), span=(0, 10), policies=(ramp,))
    run = simulate(model, policies=["ramp"], rtol=1e-11)
    assert gap(run) < 1e-8 and gap(run, 1.0, 6.5) < 1e-8


def test_the_closing_error_of_the_matrices_shrinks_with_the_tolerance():
    errors = [gap(simulate(market().model, policies=["rise"], rtol=rtol)) for rtol in (1e-3, 1e-5, 1e-7, 1e-9)]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-4 * errors[0]


@pytest.fixture(scope="module")
def flagship():
    """The flagship's March 2020 at a tight tolerance."""
    return simulate(load("treasury_basis", "march-2020"), rtol=1e-11)


def test_the_matrices_of_the_flagship_articulate_sector_by_sector(flagship):
    for start, end in ((None, None), ("2020-03-09", "2020-03-13"), ("2020-03-11", "2020-05-15T12:00")):
        parts = np.array(net_worth(flagship, start, end).entries)
        assert np.all(np.abs(parts[0] + parts[1] + parts[2] - parts[3]) < 1e-8 * np.maximum(np.abs(parts[3]), 1))


def test_every_row_of_the_flagship_sums_to_zero_but_that_of_a_real_asset(flagship):
    assert set(transactions(flagship).row_sums) == set(revaluation(flagship).row_sums) == {0.0}
    for sheet in (balance_sheet(flagship, "2020-03-13"), balance_sheet(flagship)):
        assert {row: total for row, total in zip(sheet.rows, sheet.row_sums, strict=True) if total} == {"other securities": pytest.approx(500)}


def test_the_matrices_of_the_flagship_know_every_flow_on_the_books_and_no_other(flagship):
    flows = transactions(flagship)
    on_books = [flow.name for flow in flagship.model.flows if any(stock.instrument for stock, _ in flow.ends)]
    assert list(flows.rows) == on_books and "outside" not in flows.columns and "transfer" not in notes(flows)
    bought = np.array([flows["central_bank_purchases", name] for name in ("central bank", "dealers")])
    assert bought[0] == -bought[1] > 1000 and flows["central_bank_purchases", "Treasury"] is None
    assert flows["central_bank_purchases_payment", "central bank"] == pytest.approx(-bought[0], rel=1e-9)


# Impulses

def test_impulses_stand_in_the_rows_of_their_flows_and_still_articulate():
    parts = market()
    gift, block = Impulse(parts.lending, 7.0, at=5), Impulse(parts.sale, 20.0, at=5)
    model = Model("market", [parts.sale, parts.lending], span=(0, 10), impulses=(gift, block), policies=(parts.rise,))
    run, plain = simulate(model, rtol=1e-11), simulate(parts.model, rtol=1e-11)
    flows, without = transactions(run, 4, 5), transactions(plain, 4, 5)
    assert flows["lending", "fund"] - without["lending", "fund"] == pytest.approx(7)
    prices = run["price"][run.t == 5]
    assert flows["sale", "dealer"] - without["sale", "dealer"] == pytest.approx(20 * prices.mean()) and prices[0] - prices[1] == pytest.approx(0.08)
    assert max(gap(run), gap(run, 2, 5), gap(run, 5, 6)) < 1e-9 and max(run.ledgers.values()) < 1e-9


# What stands out

def test_a_leak_shows_as_what_went_outside_undeclared():
    run = simulate(market(leak=True).model, rtol=1e-10)
    flows = transactions(run)
    assert (flows["leak", "dealer"], flows["leak", "outside"], flows["leak", "fund"]) == (pytest.approx(-3), pytest.approx(3), None)
    assert notes(flows).endswith("neither a trade nor a transfer: leak.") and set(flows.row_sums) == {0.0}
    assert gap(run) < 1e-8  # the books still articulate: it is the declaration that is missing
    assert "neither" not in notes(transactions(simulate(market().model)))


def test_a_payment_that_goes_astray_shows_outside():
    parts = market()
    parts.sale.payment.sink = CLOUD
    flows = transactions(simulate(Model("astray", (parts.sale, parts.lending), span=(0, 10))))
    assert flows["sale_payment", "fund"] is None and flows["sale_payment", "outside"] == -flows["sale_payment", "dealer"] > 0


def test_an_asset_that_becomes_another_of_a_different_price_is_named():
    farm, seed, bread = Sector("farm"), Instrument("grain", price=2.5), Instrument("bread", price=4)
    grain, loaves = Stock("grain_held", 10.0, holder=farm, instrument=seed), Stock("bread_held", 1.0, holder=farm, instrument=bread)
    run = simulate(Model("mill", (Flow("baking", source=grain, sink=loaves, rate=0.5, transfer=True),), span=(0, 10)), rtol=1e-10)
    flows = transactions(run)
    assert flows["baking", "farm"] == pytest.approx(5 * 1.5) == flows.row_sums[0] and "But not baking" in notes(flows)
    assert flows.labels == ("baking: grain to bread",) and gap(run) < 1e-9


def test_a_claim_on_an_issuer_is_created_on_both_sides_without_an_outside():
    run = simulate(load("repo_loan"), rtol=1e-10)
    flows = transactions(run)
    repaid = 100 * (1 - np.exp(-250 / 40))
    assert (flows["repayment", "lender"], flows["repayment", "borrower"]) == pytest.approx((-repaid, repaid), rel=1e-8)
    assert flows.columns == ("lender", "borrower") and flows.column_sums == pytest.approx((0.05 / 252 * 40 * repaid, -0.05 / 252 * 40 * repaid), rel=1e-7)


def test_a_move_between_two_pockets_of_one_sector_is_zero_and_is_shown():
    one = Sector("one")
    cash = Instrument("cash")
    left, right = (Stock(name, 5.0, holder=one, instrument=cash) for name in ("left", "right"))
    flows = transactions(simulate(Model("pockets", (Flow("across", source=left, sink=right, rate=left / 9),), span=(0, 3))))
    assert flows["across", "one"] == 0 and "neither" not in notes(flows)


def test_a_flow_to_a_stock_off_the_books_goes_outside():
    one = Sector("one")
    cash, lost = Stock("cash", 5.0, holder=one, instrument=Instrument("coins")), Stock("lost", 0.0, scale=1.0)
    flows = transactions(simulate(Model("hole", (Flow("dropping", source=cash, sink=lost, rate=cash / 9),), span=(0, 3))))
    assert flows["dropping", "outside"] == -flows["dropping", "one"] == pytest.approx(5 * (1 - np.exp(-1 / 3)), rel=1e-5)


def test_a_sector_called_outside_is_not_taken_for_the_outside():
    other = Sector("outside")
    cash = Stock("cash", 5.0, holder=other, instrument=Instrument("coins"))
    flows = transactions(simulate(Model("hole", (Flow("dropping", source=cash, sink=CLOUD, rate=cash / 9),), span=(0, 3))))
    assert flows.columns == ("outside", "outside (CLOUD)")


# Formulas

def test_formulas_are_prices_times_stocks_and_flows_with_their_signs():
    parts = market()
    sheet, flows, gained = structure(parts.model)
    price, sale = parts.price, parts.sale
    assert sheet["bonds", "dealer"] == sympy.Mul(price, parts.dealer_bonds) and sheet["cash", "dealer"] == parts.dealer_cash
    assert (flows["sale", "fund"], flows["sale", "dealer"]) == ((-price * sale.delivery).doit(), (price * sale.delivery).doit())
    assert (flows["sale_payment", "fund"], flows["lending", "dealer"]) == (sale.payment, (-parts.lending).doit())
    assert str(gained["bonds", "dealer"]) == "dealer_bonds*d(price)/dt" and gained["cash", "dealer"] == 0
    assert flows.labels == ("sale: bonds", "  payment: cash", "lending: cash") and set(flows.row_sums) == {0}


@pytest.mark.parametrize("name", sorted(model_paths()))
def test_claims_and_flows_of_the_shipped_models_cancel_as_formulas(name):
    model = load(name)
    if not model.sectors:
        with pytest.raises(InputError, match="it has no balance sheets; give its stocks"):
            structure(model)
        return
    sheet, flows, gained = structure(model)
    owed = [stock.instrument.name for stock in model.stocks if stock.instrument and stock.instrument.issuer]
    assert all(total == 0 for row, total in zip(sheet.rows, sheet.row_sums, strict=True) if row in owed)
    assert set(flows.row_sums) == {0}
    assert all(matrix.symbolic for matrix in (sheet, flows, gained))


def test_numbers_are_what_the_formulas_give_at_the_end():
    parts = market()
    run = simulate(parts.model)
    values = {quantity: run[name][-1] for name, quantity in parts.model.quantities.items()}
    sheet = structure(parts.model)[0]
    for formulas, numbers in zip(sheet.entries, balance_sheet(run).entries, strict=True):
        assert [float(formula.subs(values)) for formula in formulas] == pytest.approx(numbers)


# Errors

@pytest.mark.parametrize(("ask", "message"), [
    (lambda run: balance_sheet(run, 11), "balance sheet: 11 lies outside the run, 0 to 10; give a time inside it"),
    (lambda run: transactions(run, 5, 2), "transactions: the end 2 is before the start 5"),
    (lambda run: revaluation(run, "2020-03-13"), "has no origin"),
    (lambda run: balance_sheet(run)["bond", "fund"], "no row 'bond'; did you mean 'bonds'"),
    (lambda run: balance_sheet(run)["bonds", "funds"], "no column 'funds'; did you mean 'fund'")])
def test_wrong_times_and_names_are_sentences(ask, message):
    with pytest.raises(InputError, match=re.escape(message)):
        ask(simulate(market().model))


def test_a_model_without_balance_sheets_has_no_matrices():
    with pytest.raises(InputError, match="model 'draining': it has no balance sheets"):
        balance_sheet(simulate(draining().model))


def test_a_model_whose_books_no_flow_touches_has_an_empty_transactions_matrix():
    house = Stock("house", 2.0, holder=Sector("one"), instrument=Instrument("houses", price=3))
    level = draining()
    model = Model("still", level.model.flows, span=(0, 1), outputs=(house,))
    flows = transactions(simulate(model))
    assert flows.rows == () and flows.column_sums == (0.0,)
    tables([flows, structure(model)[1]])
    assert "begin{tabular}" in tabular(flows, {})


# LaTeX

def cells(latex):
    """Return the rows of every tabular as lists of cells, having checked that each has as many as its columns."""
    for columns, body in re.findall(r"\\begin\{tabular\}\{([lr|]+)\}\n(.*?)\\end\{tabular\}", latex, re.DOTALL):
        for line in body.splitlines():
            if line != r"\hline":
                assert line.endswith(r" \\")
                found = re.split(r"(?<!\\)&", line[:-3])
                assert len(found) == len(columns.replace("|", "")), line
                yield found


@pytest.mark.parametrize("model", ["treasury_basis", "repo_loan"])
def test_latex_has_whole_rows_balanced_brackets_and_no_bare_underscore(model):
    result = CliRunner().invoke(main, ["show", model, "--format", "latex"])
    latex = result.stdout.partition(r"\end{align*}")[2]
    assert result.exit_code == 0 and latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 3
    assert not re.search(r"(?<!\\)_", latex)
    bare = re.sub(r"\\[{}]", "", latex)
    depths = list(itertools.accumulate({"{": 1, "}": -1}.get(mark, 0) for mark in bare))
    assert min(depths) >= 0 and depths[-1] == 0
    parser = MathTextParser("path")
    formulas = {formula for row in cells(latex) for cell in row for formula in re.findall(r"\$[^$]*\$", cell)}
    assert len(formulas) > 3
    kinds = {(re.sub(r"[A-Za-z0-9]+", "w", formula), frozenset(re.findall(r"\\[a-z]+", formula))): formula for formula in formulas}
    for formula in kinds.values():  # one of each make: they differ in their names alone
        parser.parse(formula)  # raises where the mathematics is malformed


def test_names_that_latex_would_take_for_commands_are_escaped():
    odd = Sector("R&D {50%} #1_a ^~ \\")
    cash = Stock("cash_$", 5.0, holder=odd, instrument=Instrument("[coins] *"))
    model = Model("odd", (Flow("drop", source=cash, sink=CLOUD, rate=cash / 9, transfer=True),), span=(0, 3))
    text = tabular(balance_sheet(simulate(model)), {})
    assert r"R\&D\\ \{50\%\}\\ \#1\_a\\ \textasciicircum{}\textasciitilde{}\\ \textbackslash{}" in text and "\n  {[}coins] {*} &" in text
    assert len(list(cells(text))) == 3 and "$+5$" not in text.splitlines()[-3]


# Text

def show(*arguments):
    return CliRunner().invoke(main, ["show", *arguments, "--format", "matrix"])


def numbers(text, label):
    """Return the numbers of the first line with a label."""
    line = next(line for line in text.splitlines() if line.strip().startswith(label))
    return [float(number) for number in line.split(label)[1].split()]


def test_the_command_line_prints_the_matrices_over_the_case():
    text = show("repo_loan", "--case", "early-call").stdout
    heads = ["balance sheets at 2020-03-02 00:00, dollar", "transactions from 2020-03-02 00:00 to 2020-06-30 00:00, dollar", "revaluation from",
             "balance sheets at 2020-06-30 00:00, dollar", "net worth from"]
    places = [text.index(f"repo_loan, early-call: {head}") for head in heads]
    assert places == sorted(places)
    start, end, worth = (text[place:] for place in (places[0], places[3], places[4]))
    assert numbers(start, "loan") == [100, -100, 0] and numbers(start, "net worth") == [120, 20, 140]
    assert sum(numbers(end, "cash")[:2]) == pytest.approx(140, abs=0.01)
    assert numbers(worth, "at the end")[0] == pytest.approx(120 + numbers(worth, "transactions")[0], abs=0.01)
    assert re.search(r"make the end, to within \d\.\de-\d\d of the largest net worth\.\n$", text)


def test_settings_and_value_sets_reach_the_matrices():
    assert numbers(show("repo_loan", "--set", "repo_rate=0").stdout, "interest: cash") == [0, 0, 0]
    one, other = (show("treasury_basis", "--case", "calm", "--values", values).stdout for values in ("supercritical", "subcritical"))
    assert one != other and max(map(len, one.splitlines())) <= 110


def test_formulas_as_text_fit_the_line_and_name_every_flow():
    text = show("treasury_basis", "--symbolic").stdout
    assert max(map(len, text.splitlines())) <= 100
    for part in ("+price*", "-price*", "fund_sales[levered]", "+central_bank_purchases_payment", "-repo_funding[swap]", "+dealer_other_securities", "d(price)/dt"):
        assert part in text


@pytest.mark.parametrize(("number", "text"), [
    (0.0, "0"), (-0.0, "0"), (120.0, "+120"), (-1730.25, "-1730.2"), (22.5, "+22.5"), (-541.5849, "-541.58"), (7728.0004, "+7728.0"), (-14155.36, "-14155"),
    (123456789.4, "+123456789"), (0.03111111, "+0.031"), (-3.21e-5, "-3.21e-05"), (2.5e12, "+2.5e+12"), (0.99999, "+1.000")])
def test_numbers_have_a_sign_and_about_five_digits(number, text):
    assert lines(number) == [text]


# Figures

def overlapping(boxes):
    return [(one, other) for one, other in itertools.combinations(boxes, 2)
            if min(one[2], other[2]) - max(one[0], other[0]) > 1 and min(one[3], other[3]) - max(one[1], other[1]) > 1]


@pytest.mark.parametrize("symbolic", [False, True])
def test_no_text_of_a_wide_matrix_overlaps_another_or_leaves_the_picture(flagship, symbolic):
    shown = structure(flagship.model) if symbolic else (balance_sheet(flagship), transactions(flagship), revaluation(flagship), net_worth(flagship))
    figure, _ = tables(shown, "treasury_basis, march-2020: ")
    renderer = figure.canvas.get_renderer()
    boxes = [tuple(text.get_window_extent(renderer).extents) for text in figure.findobj(matplotlib.text.Text) if text.get_text()]
    width, height = figure.get_size_inches() * figure.dpi
    assert len(boxes) > 100 and not overlapping(boxes)
    assert all(box[0] > 0 and box[1] > 0 and box[2] < width and box[3] < height for box in boxes)
    assert figure.get_figwidth() <= 8.5


def test_signs_are_told_apart_by_colour_and_by_sign():
    figure, _ = tables([balance_sheet(simulate(load("repo_loan")))])
    colours = {text.get_text(): text.get_color() for text in figure.findobj(matplotlib.text.Text)}
    assert colours["−0.193"] == "#D55E00" and colours["+0.193"] == "#0072B2" and colours["0"] == "#666666"


def test_a_model_with_sectors_has_figures_of_its_matrices_with_the_numbers_behind(tmp_path):
    names = {"balance_sheet", "transactions", "revaluation", "matrices"}
    assert names < set(available("repo_loan")) and not names & set(available("savings"))
    regenerate("repo_loan", tmp_path, only=sorted(names))
    assert {file.stem for file in tmp_path.iterdir()} == {*names, *(f"{name}.manifest" for name in names)}
    rows = [line.split(",") for line in (tmp_path / "balance_sheet.csv").read_text().splitlines()]
    assert rows[0] == ["matrix", "row", "lender", "borrower", "sum"]
    assert rows[1:4] == [["balance sheets at 2020-03-02 00:00", *row] for row in (["cash", "20", "120", "140"], ["loan", "100", "-100", "0"],
                                                                                  ["net worth", "120", "20", "140"])]
    assert "transactions,repayment_payment,repayment_payment,-repayment_payment,0" in (tmp_path / "matrices.csv").read_text().splitlines()


def test_the_figures_show_the_case_that_is_named_else_the_first_with_policies():
    context = Context("treasury_basis")
    from sd_basis.figures.matrices import of_accounts
    drawn, table = of_accounts(context, "march-2020")["revaluation"][1](context)
    assert any("treasury basis, march-2020: revaluation" in text.get_text() for text in drawn.findobj(matplotlib.text.Text))
    assert table["row"][-4:] == ["at the start", "transactions", "revaluation", "at the end"]


def test_trades_of_many_sectors_are_split_into_blocks_that_each_fit():
    coins = Instrument("coins")
    purses = [Stock(f"purse_{number}", 5.0, holder=Sector(f"household number {number}"), instrument=coins) for number in range(14)]
    flows = [Flow(f"gift_{number}", source=giver, sink=taker, rate=giver / 9, transfer=True)
             for number, (giver, taker) in enumerate(itertools.pairwise(purses))]
    goods = Trade("sale", delivered=(CLOUD, purses[0]), paid=(purses[0], CLOUD), rate=purses[1] / 20, price=2)
    flows = transactions(simulate(Model("village", [*flows, goods], span=(0, 3))))
    figure, table = tables([flows])
    heads = {text.get_text() for text in figure.findobj(matplotlib.text.Text)}
    assert {"outside", "sum"} <= heads and len(table) == 14 + 1 + 3 and flows["sale_payment", "outside"] == pytest.approx(-2 * flows["sale", "outside"])
