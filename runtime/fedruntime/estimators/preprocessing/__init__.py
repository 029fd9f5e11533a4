"""Federated fits of ``sklearn.preprocessing``, one file a family."""
