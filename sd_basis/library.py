"""Models, cases and value sets found by name or path and loaded by path; the engine imports none of them.

A name finds a shipped model, a path the user's own. A model is a file `NAME.py` or a folder with
`__init__.py`, which defines MODEL; a folder may hold `cases/*.toml`, `values/*.toml`, `fits/*.toml`, `claims.py` and
`figures.py`, beside a file lie `NAME.cases`, `NAME.values`, `NAME.fits` and `NAME.claims.py`. Loading a model runs its code;
one of Vensim or XMILE (`NAME.mdl`, `.xmile`, `.stmx`, `.xml`) is read and nothing of it run.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from .endings import is_foreign
from .errors import BasisError, InputError, unknown

if TYPE_CHECKING:  # finding models by name must not cost the import of sympy
    from .case import Case
    from .model import Model

DEFAULT_VALUES = "supercritical"


def shipped() -> Path:
    """Return the folder of the shipped models: inside the package of a wheel, beside it in a checkout."""
    inside = Path(__file__).with_name("models")
    return inside if inside.is_dir() else Path(__file__).parent.with_name("models")


def model_paths() -> dict[str, Path]:
    """Return the shipped models by name."""
    found = {path.stem: path for path in sorted(shipped().glob("*.py")) if is_model_file(path)}
    found.update({path.parent.name: path.parent for path in sorted(shipped().glob("*/__init__.py"))})
    return found


def is_model_file(path: Path) -> bool:
    """Tell whether a Python file is taken for a model by its name: one like `NAME.claims.py` lies beside a model."""
    return not path.name.startswith("_") and "." not in path.stem


def locate(name_or_path: str | Path) -> Path:
    """Return the file or folder of a model; raise InputError with the nearest names."""
    if not isinstance(name_or_path, (str, Path)):
        raise InputError(f"model: {name_or_path!r} is neither a name nor a path; give one of these")
    paths = model_paths()
    if str(name_or_path) in paths:
        return paths[str(name_or_path)]
    path = Path(name_or_path)
    if (path.suffix == ".py" or is_foreign(path)) and path.is_file():
        return path
    if (path / "__init__.py").is_file():
        return path
    if path.exists():
        raise InputError(f"model {str(name_or_path)!r}: it is neither a .py file nor a folder with __init__.py, nor of Vensim or XMILE; give one that defines MODEL")
    raise unknown("model", "shipped model or file", str(name_or_path), paths)


def _beside(path: Path, kind: str) -> dict[str, Path]:
    folder = path / kind if path.is_dir() else path.with_suffix(f".{kind}")
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def case_paths(path: Path) -> dict[str, Path]:
    """Return the cases beside a model by name."""
    return _beside(path, "cases")


def value_set_paths(path: Path) -> dict[str, Path]:
    """Return the published value sets beside a model by name."""
    return _beside(path, "values")


def fit_paths(path: Path) -> dict[str, Path]:
    """Return the fit files beside a model by name."""
    return _beside(path, "fits")


def headline(path: Path) -> str:
    """Return the first line of a model's docstring without running it."""
    if is_foreign(path):
        return ""
    file = path / "__init__.py" if path.is_dir() else path
    try:
        doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    except (SyntaxError, UnicodeDecodeError, OSError):
        return "(cannot be read)"
    return (doc or "").partition("\n")[0]


def load(name_or_path: str | Path, case: str | Path | Case | None = None, *, values: str | None = None) -> Model:
    """Load a model by name or path, with a case and a value set attached. This runs the model's code.

    Without `values` the set "supercritical" is in force where the model publishes one. Raises
    InputError for an unknown name and for anything wrong in the files, with the place.
    """
    path = locate(name_or_path)
    model = copy.copy(_run(path))
    model.path = path
    chosen = values or (DEFAULT_VALUES if DEFAULT_VALUES in value_set_paths(path) else None)
    if chosen:
        model = with_values(model, chosen)
    model.case = find_case(model, case)
    return model


def with_values(model: Model, values: str) -> Model:
    """Return the model with a published value set in force; raise InputError with the nearest names."""
    sets = value_set_paths(model.path) if model.path else {}
    if values not in sets:
        raise unknown(f"model {model.name!r}", "value set", values, sets)
    made = copy.copy(model)
    made.value_set, made.values = values, _value_set(model, sets[values])
    return made


def find_case(model: Model, case: str | Path | Case | None) -> Case | None:
    """Return a case by name (beside the model) or path; None stays the model's own case."""
    if case is None:
        return model.case
    from .case import Case, read_case

    if isinstance(case, Case):
        return case
    if not isinstance(case, (str, Path)):
        raise InputError(f"case: {case!r} is neither a name nor a path nor a Case; give one of these")
    known: dict[str, Path] = case_paths(model.path) if model.path else {}
    if str(case) in known:
        return read_case(known[str(case)], known)
    if Path(case).suffix == ".toml" and Path(case).is_file():
        return read_case(Path(case), known)
    raise unknown(f"model {model.name!r}", "case or TOML file", str(case), known)


def _value_set(model: Model, path: Path) -> dict[str, float]:
    from .case import known_keys, read_toml, values_of
    from .quantities import Parameter

    content = read_toml(path)
    known_keys(path.name, content, {"title", "description", "parameters"})
    values, _ = values_of(path.name, "parameters", content.get("parameters", {}))
    for name in values:
        parameter = model.quantity(name, path.name, Parameter)
        parameter.check(values[name], path.name)
    return values


def code_path(path: Path, name: str) -> Path | None:
    """Return the file of a model's own code beside it: NAME.py or a package NAME in its folder, `MODEL.NAME.py` beside a file; None without one."""
    found = (path / name / "__init__.py", path / f"{name}.py") if path.is_dir() else (path.with_suffix(f".{name}.py"),)
    return next((file for file in found if file.is_file()), None)


def module(path: Path, name: str = "__init__") -> ModuleType:
    """Run a file of a model as a module of its own private package and return it."""
    path = path.resolve()
    package = _package(path)
    full = package if name == "__init__" else f"{package}.{name}"
    file = code_path(path, name) or path
    search = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(full, file, submodule_search_locations=search)
    assert spec is not None and spec.loader is not None  # it is a Python file
    loaded = importlib.util.module_from_spec(spec)
    for old in [key for key in sys.modules if key == full or key.startswith(f"{full}.")]:
        del sys.modules[old]
    sys.modules[full] = loaded
    # no bytecode: Python would take a file changed within the same second for the old one
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(loaded)
    except BasisError:
        raise
    except SystemExit:
        raise InputError(f"{file.name}: it ends Python itself; a model file only defines MODEL") from None
    except SyntaxError as error:
        raise InputError(f"{Path(error.filename or file).name}, line {error.lineno}: {error.msg}; mend the Python there") from None
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).resolve().is_relative_to(path)]
        frame = (own or frames)[-1]
        raise InputError(f"{Path(frame.filename).name}, line {frame.lineno}: {type(error).__name__}: {error}; mend the model there") from error
    finally:
        sys.dont_write_bytecode = writes
    return loaded


def modules_of(path: Path) -> list[ModuleType]:
    """Return the modules that a loaded model's own files became: its file, or its package with what it imports of itself."""
    package = _package(path)
    return [loaded for name, loaded in sorted(sys.modules.items()) if name == package or name.startswith(f"{package}.")]


def _package(path: Path) -> str:
    return f"_sd_basis_model_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"


def _run(path: Path) -> Model:
    from .model import Model

    if is_foreign(path):
        from .interop import import_model

        return import_model(path)
    loaded = module(path)
    model = getattr(loaded, "MODEL", None)
    if not isinstance(model, Model):
        raise InputError(f"{path.name}: it defines no MODEL; end the file with MODEL = Model(...)")
    return model
