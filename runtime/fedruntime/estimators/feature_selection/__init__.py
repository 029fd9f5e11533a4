"""Federated fits of ``sklearn.feature_selection``, one file a family."""
