"""Federated fits of ``sklearn.multiclass``, one file a family."""
