"""Federated fits of ``sklearn.discriminant_analysis``, one file a family."""
