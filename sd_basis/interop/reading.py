"""Reading a foreign model: a file as elements with their syntax trees, through PySD's translators, which only the readers call."""

from __future__ import annotations

import warnings
from pathlib import Path

from ..endings import ENDINGS, is_foreign
from ..errors import InputError, missing_extra
from .elements import Element

_MOST_BYTES = 20_000_000


def read(path: str | Path) -> dict[str, Element]:
    """Return the elements of a file by key; raise InputError for one that cannot be read or holds what has no tree.

    Raises InputError too where PySD is not installed.
    """
    where = Path(path)
    if not is_foreign(where):
        raise InputError(f"{where}: its name does not end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}; give a model of Vensim or in XMILE")
    try:
        size = where.stat().st_size
        with where.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise InputError(f"{where}: it cannot be read ({error.strerror}); give the path of a model") from None
    if size > _MOST_BYTES:
        raise InputError(f"{where}: it has {size} bytes, more than the {_MOST_BYTES} of any model; give a model")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PySD's own dependencies warn of while they are loaded is not for our reader
        try:
            from . import vensim, xmile

            readers = {".mdl": vensim.read_vensim}
            return readers.get(where.suffix.lower(), xmile.read_xmile)(where)
        except ImportError:
            raise missing_extra("import_model", "pysd", "interop") from None
