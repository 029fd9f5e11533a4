"""Federated fits of ``sklearn.svm``, one file a family."""
