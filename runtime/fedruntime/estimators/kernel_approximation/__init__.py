"""Federated fits of ``sklearn.kernel_approximation``, one file a family."""
