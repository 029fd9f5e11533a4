"""Federated fits of ``sklearn.cluster``, one file a family."""
