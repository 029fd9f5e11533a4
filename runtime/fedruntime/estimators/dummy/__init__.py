"""Federated fits of ``sklearn.dummy``, one file a family."""
