"""Federated fits of ``sklearn.covariance``, one file a family."""
