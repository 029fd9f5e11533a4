"""Federated fits of ``sklearn.naive_bayes``, one file a family."""
