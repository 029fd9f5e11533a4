"""Hosting a real party: its settings, its runtime, and the bytes in which messages reach it."""
