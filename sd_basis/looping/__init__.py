"""Feedback loops: which there are, which of them drives a run, which eigenvalues they make, and what cutting one changes."""

from .cutting_each import LoopCut, cut_loops
from .finding import find_loops
from .found import FeedbackLoop, Loops, Partition
from .modes import LoopModes, loop_modes
from .scoring import LoopScores, loop_scores

__all__ = ["FeedbackLoop", "LoopCut", "LoopModes", "LoopScores", "Loops", "Partition", "cut_loops", "find_loops", "loop_modes", "loop_scores"]
