"""How the statistics that solvers ask for are computed across columns: one file a kind of
statistic, found by being in this folder.
"""
