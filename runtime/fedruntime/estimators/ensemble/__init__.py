"""Federated fits of ``sklearn.ensemble``, one file a family."""
