"""Models of other tools, read into this language: `import_model` is the door.

    reading     the file, through PySD's translator, as elements        reading
    Builder     elements as quantities and flows                        building, translating
    functions   the functions of Vensim in words of this language       functions
    units       its units of measure                                    measures

Nothing in a file is executed: PySD's builder, which writes Python, is not used, and its translator reads literals only.
"""

from __future__ import annotations

from .building import import_model

__all__ = ["import_model"]
