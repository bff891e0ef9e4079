"""Equilibria over a parameter: branches, folds, Hopf points, and curves of folds over two.

    resting_problem   the equations of rest, reduced and scaled          Problem
    reducing          the stocks to solve for and the directions they move in
    tracing           predictor, bordered Newton, step control
    kinked            where the rates bend or jump
    following         the ends of a curve: borders, kinks, loops
    refining          folds, Hopf points and branch points on systems of their own
    starting_points   the states of rest at which branches begin
    branching         both directions, and the branches that cross
    equilibria        the whole over one parameter                       continue_equilibria
    folding           folds over two parameters, with cusps              continue_folds
    sweeping          slow sweeps by runs, which jump at the folds       hysteresis
"""
