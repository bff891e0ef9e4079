"""A model's programs as machine code for the vectors of several runs, kept in the cache by the content of everything that shapes it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import sympy

from .. import cache
from ..codegen import Layout, layout
from ..compiled import compiled
from ..declarations import margin
from ..errors import missing_extra
from ..model import Model
from ..programs import impulse_program, mode_program, watch_program
from ..quantities import START, TIME
from ..system import Program
from . import combining, emitting, factoring, tables, vector_math

LANES = 4  # runs in one vector: what a register of 256 bits holds
PROGRAMS = ("rhs", "jacobian", "margins", "watch", "observe", "modes", "amounts", "answers")
STEP = ("factor", "solve", *(f"state_{stage}" for stage in range(1, 9)), *(f"right_{stage}" for stage in range(1, 8)), "dense", "within", "norm")
FUNCTIONS = (*PROGRAMS, *(f"{name}_fixed" for name in PROGRAMS), *STEP)
_FILES = ("combining.py", "emitting.py", "factoring.py", "kernels.py", "rosenbrock.py", "tables.py", "vector_math.py")
_engines: list[Any] = []  # machine code lives as long as the process


@dataclass(frozen=True)
class Kernels:
    """The addresses of a model's functions (0 where it has none), and how many constants, outputs and vectors of scratch they need."""

    addresses: dict[str, int]
    constants: dict[str, int]
    outputs: dict[str, int]
    scratch: int
    factors: int
    seconds: float = field(compare=False, default=0.0)


def engine_key(files: Iterable[str]) -> str:
    """Return a digest of what shapes machine code beside a model: these files of the engine, the compiler and the processor."""
    llvm = compiler()
    import llvmlite
    import numba

    digest = hashlib.sha256(f"{sys.version}|{numba.__version__}|{llvmlite.__version__}|{llvm.get_host_cpu_name()}|"
                            f"{llvm.get_host_cpu_features().flatten()}|{LANES}".encode())
    for name in files:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:32]


def machine_key(model: Model) -> str:
    """Return the key of a model's machine code in the cache."""
    return hashlib.sha256(f"{compiled(model).key}|{engine_key(_FILES)}".encode()).hexdigest()[:32]


def compiler() -> Any:
    """Return llvmlite's binding, made ready; raise InputError where the extra is not installed."""
    try:
        import llvmlite.binding as llvm
        import numba  # noqa: F401
    except ImportError:
        raise missing_extra("the compiled engine", "numba", "fast") from None
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


def triggered(model: Model) -> list[Any]:
    """Return the model's triggered policies and impulses, in the order of the watched margins."""
    return [item for item in (*model.policies.values(), *model.impulses.values()) if item.when is not None]


class Source:
    """The programs of a model that its compiled form needs."""

    def __init__(self, model: Model):
        self.model, self.functions = model, compiled(model)

    @cached_property
    def conditions(self) -> list[Any]:
        """The inequalities of the outcomes, each once."""
        every = [condition for outcome in self.model.outcomes for condition in (outcome.when, outcome.once)]
        return list(dict.fromkeys(condition for condition in every if condition is not None))

    @cached_property
    def answers(self) -> list[sympy.Expr]:
        """What triggered policies set, policy by policy, and then the delay of everything that is triggered."""
        items = triggered(self.model)
        values = [expression for item in items for expression in getattr(item, "changes", {}).values()]
        return [*(value.xreplace({START: TIME}) for value in values), *(sympy.sympify(item.delay) for item in items)]  # START: see `supported`

    def program(self, name: str) -> Program:
        """Return a program by name."""
        system, model = self.functions.system, self.model
        if name == "rhs":
            return system.right_hand_side()
        if name == "jacobian":
            return system.jacobian()
        if name == "margins":
            return system.program([margin("outcome", condition) for condition in self.conditions])
        if name == "watch":
            return watch_program(system, [margin(f"{item.name!r}, when", item.when) for item in triggered(model)])
        if name == "observe":
            return system.observation()
        if name == "modes":
            return mode_program(system)
        return impulse_program(system) if name == "amounts" else Program([], self.answers)

    def text(self, done: Callable[[int], None] = lambda steps: None) -> tuple[str, dict[str, Any]]:
        """Return the model in LLVM's language, and the counts of `Kernels`; `done` is told of each program."""
        texts: list[str] = []
        used: set[str] = set()
        counts: dict[str, Any] = {"constants": {}, "outputs": {}, "scratch": 1}
        for name in PROGRAMS:
            done(1)
            program = self.program(name)
            if not program.outputs:
                continue
            made: Layout = layout(self.model, program)
            for part, own, scratch in (emitting.program(name, LANES, made, made.constants),
                                       emitting.fixed_program(f"{name}_fixed", LANES, made.fixed, made.given, made.constants)):
                texts += part
                used |= own
                counts["scratch"] = max(counts["scratch"], scratch)
            counts["constants"][name], counts["outputs"][name] = len(made.constants), len(made.outputs)
        pattern = [(int(row), int(column)) for row, column in self.functions.pattern.T]
        plan = factoring.plan(len(self.model.stocks), pattern)
        counts["factors"] = len(plan.places)
        texts += factoring.factor("factor", LANES, plan, pattern) + factoring.solve("solve", LANES, plan)
        texts += combining.functions(LANES, len(self.model.stocks))
        tables_used = [tables.functions(LANES)] if self.model.lookups else []
        return "\n".join([vector_math.functions(LANES, used), *tables_used, *texts]), counts


def kernels(model: Model, done: Callable[[int], None] = lambda steps: None) -> Kernels:
    """Return the machine code of a model, from the cache where it has been made before; `done` is told of each program that is written."""
    import time

    began = time.perf_counter()
    llvm = compiler()
    own = machine_key(model)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=1, reloc="pic", codemodel="default")
    kept = cache.read(own, "machine")
    if kept is None:
        text, counts = Source(model).text(done)
        module = llvm.parse_assembly(text)
        kept = json.dumps(counts).encode() + b"\0" + machine.emit_object(module)
        cache.keep(own, "machine", kept)
    head, _, code = kept.partition(b"\0")
    counts = json.loads(head)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    made = {name: engine.get_function_address(name) for name in FUNCTIONS
            if name in STEP or name.removesuffix("_fixed") in counts["outputs"]}
    return Kernels({name: made.get(name, 0) for name in FUNCTIONS}, {name: counts["constants"].get(name, 0) for name in PROGRAMS},
                   {name: counts["outputs"].get(name, 0) for name in PROGRAMS}, counts["scratch"], counts["factors"], time.perf_counter() - began)

