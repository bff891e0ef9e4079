"""What a method of fixed steps holds over a step: test inputs of other tools, which do not move within one."""

from __future__ import annotations

import sympy

from .written import Recording


class at_step(Recording, sympy.Function):  # noqa: N801 - sympy functions are lower case
    """Its argument; where RK4 takes it, its argument as it is at the start of the step.

    Vensim holds RAMP so, and STEP and PULSE, which RK4 holds here without being told: `at_step(TIME)` is the time in an
    equation that follows it. Euler looks at the start of a step alone, and methods that choose their steps follow the argument itself.
    """

    nargs = 1
    unit_alike = True

    def _eval_derivative(self, symbol):
        return sympy.diff(self.args[0], symbol)

    def _eval_is_extended_real(self):
        return True

    def _latex(self, printer, exp=None):
        text = printer._print(self.args[0])
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"
