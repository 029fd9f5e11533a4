"""Federated fits of ``sklearn.neural_network``, one file a family."""
