"""Federated fits of ``sklearn.feature_extraction``, one file a family."""
