"""Federated fits of ``sklearn.cross_decomposition``, one file a family."""
