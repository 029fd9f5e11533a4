"""Federated fits of ``sklearn.model_selection``: searches over parameters."""
