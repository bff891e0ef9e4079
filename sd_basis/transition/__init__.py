"""The transition between outcomes: where it lies, of what kind it is, and what it costs to wait.

    scene       a case whose policy moves, parameters that change, and how each run ends
    searching   every turn along an axis, by scan and bisection
    critical    the critical delay and value, and their evidence                    critical_delay, critical_value
"""
