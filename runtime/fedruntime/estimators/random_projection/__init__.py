"""Federated fits of ``sklearn.random_projection``, one file a family."""
