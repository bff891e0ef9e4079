"""Models taken away: written in the forms that other tools read.

    names, equations    quantities and expressions in the words of XMILE      naming, equations
    Outline             a model under one case as variables of XMILE          outline, switching, graphs
    to_xmile            the outline as a document, with a view                xmile, view
    to_dot              the links between its quantities for Graphviz         dot
"""

from __future__ import annotations

from .dot import to_dot
from .outline import outlined
from .variables import Outline, Variable
from .view import Layout
from .xmile import to_xmile

__all__ = ["Layout", "Outline", "Variable", "outlined", "to_dot", "to_xmile"]
