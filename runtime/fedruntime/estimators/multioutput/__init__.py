"""Federated fits of ``sklearn.multioutput``, one file a family."""
