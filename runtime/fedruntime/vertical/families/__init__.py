"""Which estimators have a fit where columns lie at several parties, and what each reveals: one file
a kind of model, found by being in this folder.
"""
