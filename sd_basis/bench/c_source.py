"""A model's right-hand side and Jacobian in C, from the expressions of the generated Python, for a program that links SUNDIALS."""

from __future__ import annotations

import sympy
from sympy.printing.c import C99CodePrinter

from ..codegen import layout
from ..compiled import compiled
from ..gates import GATES, Gate
from ..model import Model
from ..system import Program

_HEAD = """#include <math.h>
#include <stdlib.h>
typedef void *Context, *Vector, *Matrix, *Solver;
typedef {index} Index;
typedef int (*Rates)(double, Vector, Vector, void *);
typedef int (*Slopes)(double, Vector, Vector, Matrix, void *, Vector, Vector, Vector);
int SUNContext_Create(int, Context *);
int SUNContext_ClearErrHandlers(Context);
Vector N_VNew_Serial(Index, Context);
double *N_VGetArrayPointer(Vector);
Matrix SUNDenseMatrix(Index, Index, Context);
double **SUNDenseMatrix_Cols(Matrix);
Solver SUNLinSol_Dense(Vector, Matrix, Context);
void *CVodeCreate(int, Context);
int CVodeInit(void *, Rates, double, Vector);
int CVodeReInit(void *, double, Vector);
int CVodeSVtolerances(void *, double, Vector);
int CVodeSetMaxNumSteps(void *, long);
int CVodeSetLinearSolver(void *, Solver, Matrix);
int CVodeSetJacFn(void *, Slopes);
int CVodeSetStopTime(void *, double);
int CVode(void *, double, Vector, double *, int);
"""
_TAIL = """static double last, fixed_rhs[{rhs}], fixed_jacobian[{jacobian}], entries[{entries}];
static const int rows[] = {{{rows}}}, columns[] = {{{columns}}};
static void *memory;
static Vector state, tolerance;
static int rates(double t, Vector y, Vector out, void *data) {{
  double *v = N_VGetArrayPointer(out);
  rhs(fmin(t, last), N_VGetArrayPointer(y), fixed_rhs, v);
  for (int i = 0; i < {stocks}; i++) if (!isfinite(v[i])) return 1;
  return 0;
}}
static int slopes(double t, Vector y, Vector f, Matrix J, void *data, Vector a, Vector b, Vector c) {{
  double **at = SUNDenseMatrix_Cols(J);
  jacobian(fmin(t, last), N_VGetArrayPointer(y), fixed_jacobian, entries);
  for (int i = 0; i < {entries}; i++) at[columns[i]][rows[i]] = entries[i];
  return 0;
}}
int piece(int count, const double *points, const double *p, double *x, double rtol, const double *atol, double *out) {{
  double *y, *tol, reached;
  if (!memory) {{
    Context context;
    if (SUNContext_Create(0, &context)) return 1;
    SUNContext_ClearErrHandlers(context);
    state = N_VNew_Serial({stocks}, context);
    tolerance = N_VNew_Serial({stocks}, context);
    Matrix A = SUNDenseMatrix({stocks}, {stocks}, context);
    void *made = CVodeCreate(2, context);
    for (int i = 0; i < {stocks}; i++) N_VGetArrayPointer(tolerance)[i] = atol[i], N_VGetArrayPointer(state)[i] = x[i];
    if (CVodeInit(made, rates, points[0], state) || CVodeSVtolerances(made, rtol, tolerance) || CVodeSetMaxNumSteps(made, 200000)
        || CVodeSetLinearSolver(made, SUNLinSol_Dense(state, A, context), A) || CVodeSetJacFn(made, slopes)) return 2;
    memory = made;
  }}
  y = N_VGetArrayPointer(state), tol = N_VGetArrayPointer(tolerance);
  for (int i = 0; i < {stocks}; i++) y[i] = x[i], tol[i] = atol[i];
  last = nextafter(points[count], points[0]);
  rhs_fixed(p, fixed_rhs);
  jacobian_fixed(p, fixed_jacobian);
  if (CVodeReInit(memory, points[0], state) || CVodeSVtolerances(memory, rtol, tolerance) || CVodeSetStopTime(memory, points[count])) return 3;
  for (int k = 1; k <= count; k++) {{
    if (CVode(memory, points[k], state, &reached, 1) < 0) return 4;
    for (int i = 0; i < {stocks}; i++) out[(k - 1) * {stocks} + i] = y[i];
  }}
  for (int i = 0; i < {stocks}; i++) x[i] = y[i];
  return 0;
}}
"""


class _Printer(C99CodePrinter):
    """C for the functions of this language, which sympy does not know."""

    def _print_choose(self, expression):
        condition, then, otherwise = map(self._print, expression.args)
        return f"(({condition}) != 0 ? ({then}) : ({otherwise}))"

    def _print_truth(self, expression):
        return f"(({self._print(expression.args[0])}) {'>' if expression.args[1] else '>='} 0 ? 1.0 : 0.0)"

    def _print_largest(self, expression):
        return self._extreme("fmax", expression.args)

    def _print_smallest(self, expression):
        return self._extreme("fmin", expression.args)

    def _extreme(self, word: str, arguments) -> str:
        first, *others = map(self._print, arguments)
        for other in others:
            first = f"{word}({first}, {other})"
        return first

    def _print_whole(self, expression):
        return f"floor({self._print(expression.args[0])})"

    def _print_Pow(self, expression):
        if expression.exp.is_Integer and 2 <= expression.exp <= 4 and expression.base.is_Symbol:
            return f"({'*'.join([self._print(expression.base)] * int(expression.exp))})"
        return super()._print_Pow(expression)


for _gate in GATES:
    setattr(_Printer, f"_print_{_gate.__name__}", lambda self, expression: f"{type(expression).__name__}({', '.join(map(self._print, expression.args))})")


def untranslated(model: Model) -> str | None:
    """Return why a model has no C here, None where it has."""
    return "there is no C for lookup tables" if model.lookups else None


def c_source(model: Model, index: str) -> str:
    """Return the program in C: the model, and `piece`, which carries a state through one piece by CVODE with dense LU."""
    functions, printer = compiled(model), _Printer()
    z, width = sympy.symbols("z width", real=True)
    texts = [_HEAD.format(index=index)]
    texts += [f"static double {gate.__name__}(double z, double width) {{ return z > 0 ? {printer.doprint(_plain(gate, z, width))} : 0.0; }}" for gate in GATES]
    counts = {}
    for name, program in (("rhs", functions.system.right_hand_side()), ("jacobian", functions.system.jacobian())):
        text, counts[name] = _function(model, name, program, printer)
        texts.append(text)
    rows, columns = functions.pattern
    numbers = {"stocks": len(model.stocks), "entries": len(rows), "rows": ",".join(map(str, rows)), "columns": ",".join(map(str, columns))}
    return "\n".join([*texts, _TAIL.format(**numbers, **counts)])


def _plain(gate: type[Gate], z: sympy.Symbol, width: sympy.Symbol) -> sympy.Expr:
    return gate.formula(z, width)


def _function(model: Model, name: str, program: Program, printer: _Printer) -> tuple[str, int]:
    """Return a program as two functions, of inputs alone and of the rest, and how many values pass from one to the other."""
    made = layout(model, program)
    fixed = [f"  const double {symbol} = p[{place}];" for place, symbol in enumerate(made.given)]
    fixed += [f"  const double {symbol} = {printer.doprint(value)};" for symbol, value in made.fixed]
    fixed += [f"  c[{place}] = {symbol};" for place, symbol in enumerate(made.constants)]
    moving = [f"  const double {symbol} = x[{place}];" for place, symbol in enumerate(made.stocks)]
    moving += [f"  const double {symbol} = c[{place}];" for place, symbol in enumerate(made.constants)]
    moving += [f"  const double {symbol} = {printer.doprint(value)};" for symbol, value in made.moving]
    moving += [f"  out[{place}] = {printer.doprint(value)};" for place, value in enumerate(made.outputs)]
    text = [f"static void {name}_fixed(const double *restrict p, double *restrict c) {{", *fixed, "}",
            f"static void {name}(double t, const double *restrict x, const double *restrict c, double *restrict out) {{", *moving, "}"]
    return "\n".join(text), max(len(made.constants), 1)
