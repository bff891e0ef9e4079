"""Ensembles by compiled code: the extra `fast`.

`fast_rows` carries out the rows of a job as `simulate` would, by Rodas5P in machine code generated from the model, several
runs in each vector register; `supported` tells which jobs it can carry out, and `prepared` whether a model's
machine code is at hand, which `prepare` makes.
"""

from __future__ import annotations

from typing import Any

_DOOR = {"fast_rows": "running", "prepare": "preparing", "prepared": "preparing", "supported": "supporting"}
__all__ = sorted(_DOOR)


def __getattr__(name: str) -> Any:
    if name not in _DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_DOOR[name]}", __name__), name)
