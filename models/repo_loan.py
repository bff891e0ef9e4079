"""A repo loan between a lender and a borrower: interest is paid in cash, the loan is repaid, and the lender may call it."""

from sd_basis import CLOUD, Flow, Instrument, Model, Outcome, Parameter, Policy, Sector, Stock, Trade

lender, borrower = Sector("lender"), Sector("borrower")
cash = Instrument("cash", description="a real asset here: nobody in the model owes it")
loan = Instrument("loan", issuer=borrower)

lender_cash = Stock("lender_cash", initial=20, unit="dollar", nonnegative=True, holder=lender, instrument=cash)
borrower_cash = Stock("borrower_cash", initial=120, unit="dollar", nonnegative=True, holder=borrower, instrument=cash)
outstanding = Stock("outstanding", initial=100, unit="dollar", nonnegative=True, holder=lender, instrument=loan)

repo_rate = Parameter("repo_rate", 0.05, "1/year", between=(0, 0.1), reference="invented")
trading_year = Parameter("trading_year", 252, "day/year", domain=(250, 366), reference="trading days a year")
term = Parameter("term", 40, "day", between=(1, 250), domain=(0.01, None), reference="invented")
call_speed = Parameter("call_speed", 4, "1", between=(1, 10), domain=(1, None), reference="invented")

interest = Flow("interest", source=borrower_cash, sink=lender_cash, rate=repo_rate / trading_year * outstanding, transfer=True)
repayment = Trade("repayment", delivered=(outstanding, CLOUD), paid=(borrower_cash, lender_cash), rate=outstanding / term)

call = Policy("call", {term: term / call_speed}, start=20, description="the lender calls the loan: the term shrinks")
repaid = Outcome("repaid", when=outstanding < 5, absorbing=True, description="less than five dollars are left")

MODEL = Model("repo_loan", flows=(interest, repayment), policies=(call,), outcomes=(repaid,), span=(0, 250))
