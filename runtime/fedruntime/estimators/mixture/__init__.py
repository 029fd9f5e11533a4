"""Federated fits of ``sklearn.mixture``, one file a family."""
