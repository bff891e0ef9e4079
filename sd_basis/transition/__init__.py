"""The transition between outcomes: where it lies, of what kind it is, and what it costs to wait.

    scene         a case whose policy moves, parameters that change, and how each run ends
    searching     every turn along an axis, by a scan; narrowing closes its bracket
    critical      the critical delay and value, and their evidence                      critical_delay, critical_value
    ladder        runs at geometric distances on both sides of a turn; separating tells how far two runs are apart
    laws          logarithms and inverse square roots of decision times; ghosts extrapolates the latter
    edges         the state of rest on the boundary and its spectrum; tracking follows the boundary to it
    growing       how a small difference grows, and how far errors that grow likewise may move a turn
    judging       the kind of a turn, from all this
    checks        control and convergence
"""
