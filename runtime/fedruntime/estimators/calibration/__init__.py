"""Federated fits of ``sklearn.calibration``, one file a family."""
