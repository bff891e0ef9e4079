"""Models of other tools, read into this language by `import_model`, and written as files of it by `model_source`.

    reading     the file, through PySD's translators, as elements       reading, vensim, xmile, modules, entries, trees
    members     subscripts, arrays and macros written out               ranges, spreading, reductions, arrays, macros
    building    elements as quantities and flows                        building, translating, limiting, controlling
    functions   the functions of Vensim in words of this language       functions
    units       its units of measure                                    measures
    writing     a model as a file of this language                      writing, spelling

Nothing in a file is executed: PySD's builder, which writes Python, is not used, and its translator reads literals only.
"""

from __future__ import annotations

from .building import import_model
from .writing import model_source

__all__ = ["import_model", "model_source"]
