"""Federated fits of ``sklearn.decomposition``, one file a family."""
