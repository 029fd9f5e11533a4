"""Histogram-based boosting where columns lie at several parties."""
