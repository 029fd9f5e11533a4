"""Federated fits of ``sklearn.neighbors``, one file a family."""
