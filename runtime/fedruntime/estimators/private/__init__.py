"""Fits under a privacy budget, one file a family: what each takes of the budget, how one row is
kept from moving its statistics by more than a registered sensitivity, and how the noisy sums become
a fitted scikit-learn model. The budget itself, and the noise, are in ``fedruntime.privacy``.
"""
