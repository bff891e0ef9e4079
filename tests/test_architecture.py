"""The house rules that a machine can hold."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import sd_basis
from sd_basis.graph import Cycle, ordered

PACKAGE = Path(sd_basis.__file__).parent
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))
           if "models" not in path.relative_to(PACKAGE).parts}
ENGINE = {name: path for name, path in MODULES.items() if not name.startswith(("cli", "figures", "__"))}


@cache
def read(path):
    """Return a module's text, tree and the nodes of it."""
    text = path.read_text()
    tree = ast.parse(text)
    return text, tree, list(ast.walk(tree))


@cache
def imports(path):
    """Return what a module imports at any depth, absolute names and relative ones from the package, lazy ones too but none for types only."""
    folder = path.parent.relative_to(PACKAGE).parts
    _, _, nodes = read(path)
    for_types_only = {inner for node in nodes if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
                      for inner in ast.walk(node)}
    found = []
    for node in nodes:
        if node in for_types_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = folder[:len(folder) - node.level + 1] if node.level else ()
            head = ".".join((*(("sd_basis", *base) if node.level else ()), *([node.module] if node.module else [])))
            found += [head, *(f"{head}.{alias.name}" for alias in node.names)]
    return found


def users(package):
    return {name for name, path in MODULES.items() if any(found == package or found.startswith(f"{package}.") for found in imports(path))}


def test_the_integrators_are_used_in_one_place():
    # besides odeint, which nothing runs on: the bench times what users would use otherwise
    assert users("scipy.integrate") == {"integrators", "bench.odepack"}


def test_matplotlib_stays_under_the_figures():
    assert all(name.startswith("figures") for name in users("matplotlib"))


def test_click_stays_under_the_command_line():
    assert all(name.startswith("cli") for name in users("click"))


def test_the_engine_imports_neither_figures_nor_command_line():
    for name, path in ENGINE.items():
        assert not [found for found in imports(path) if found.startswith(("sd_basis.cli", "sd_basis.figures", "sd_basis.models"))], name


def test_engine_modules_do_not_import_one_another_in_a_circle():
    needs = {name: sorted({found.split(".")[1] for found in imports(path) if found.startswith("sd_basis.")} & set(ENGINE) - {name})
             for name, path in ENGINE.items()}
    try:
        order = ordered(needs, needs.__getitem__)
    except Cycle as cycle:
        pytest.fail(f"circle of imports: {cycle}")
    assert order.index("symbols") < order.index("quantities") < order.index("model") < order.index("system") < order.index("simulation")


def test_the_engine_names_no_shipped_model():
    from sd_basis.library import model_paths
    for name, path in ENGINE.items():
        _, _, nodes = read(path)
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        documents = {ast.get_docstring(node, clean=False) for node in nodes
                     if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))}
        for model in model_paths():
            assert not [text for text in texts if text == model and text not in documents], (name, model)
            assert model not in {node.id for node in nodes if isinstance(node, ast.Name)}, (name, model)


def test_only_the_command_line_prints():
    for name, path in ENGINE.items():
        text, _, nodes = read(path)
        calls = [node.func for node in nodes if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"], name
        assert not re.search(r"sys\.(stdout|stderr)", text), name


def test_text_is_never_evaluated():
    for name, path in MODULES.items():
        for node in read(path)[2]:
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in ("eval", "parse_expr", "S"), name
                assert called != "exec" or name == "codegen", name
                assert called != "sympify" or not isinstance(node.args[0], ast.Constant), name


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_short_and_says_what_it_is(name):
    text, tree, _ = read(MODULES[name])
    assert len(text.splitlines()) <= 250
    assert not text.strip() or (ast.get_docstring(tree) or "").partition("\n")[0].endswith((".", ":")) or name == "version"


@pytest.mark.parametrize("name", sorted(ENGINE))
def test_public_names_have_docstrings(name):
    code = read(ENGINE[name])[1]
    for owner in [code, *(node for node in code.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]:
        for node in owner.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{name}.{node.name}"


@pytest.mark.parametrize("name", sorted(ENGINE))
def test_public_functions_say_what_they_take_and_give(name):
    code = read(ENGINE[name])[1]
    for owner in [code, *(node for node in code.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]:
        for node in owner.body:
            if not isinstance(node, ast.FunctionDef) or node.name == "fdiff":  # sympy says what fdiff takes
                continue
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *filter(None, (node.args.vararg, node.args.kwarg))]
            if not node.name.startswith("_") or node.name in ("__init__", "__new__"):
                assert not [argument.arg for argument in given if argument.annotation is None and argument.arg not in ("self", "cls")], node.name
            assert node.returns is not None or node.name.startswith("_"), node.name


@pytest.mark.parametrize("name", [name for name in sd_basis.__all__ if name != "__version__"])
def test_every_name_of_the_front_door_opens(name):
    thing = getattr(sd_basis, name)
    assert inspect.getdoc(thing) and name in dir(sd_basis)


def test_a_wrong_name_at_the_door_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        sd_basis.simulat  # noqa: B018


def test_importing_the_package_loads_no_library():
    script = "import sys, sd_basis; print([name for name in ('numpy', 'scipy', 'sympy', 'matplotlib', 'click') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stdout.strip() == "[]"


def test_every_engine_module_imports_by_itself():
    for name in ENGINE:
        assert importlib.import_module(f"sd_basis.{name}").__doc__ or name == "version"


def test_test_names_are_claims():
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name.count("_") >= 3, f"{path.name}: {node.name} says too little"
