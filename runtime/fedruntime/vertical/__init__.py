"""Vertical federations: parties hold other columns of the same rows, one of them the label."""
