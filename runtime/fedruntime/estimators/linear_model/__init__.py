"""Federated fits of ``sklearn.linear_model``, one file a family."""
