"""Federated fits of scikit-learn estimators, one file a family: its party-side statistics and its
solver side by side, registered by class. ``registry`` answers what is supported and how exactly.
"""
