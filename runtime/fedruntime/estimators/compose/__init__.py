"""Federated fits of ``sklearn.compose``, one file a family."""
