"""Federated fits of ``sklearn.tree``, and what all models made of trees share."""
