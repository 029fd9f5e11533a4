"""Federated fits of ``sklearn.pipeline``, one file a family."""
