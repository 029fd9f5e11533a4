"""Federated fits of ``sklearn.impute``, one file a family."""
