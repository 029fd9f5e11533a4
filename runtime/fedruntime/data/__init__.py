"""Handles to rows that stay at the parties: what they are, how they are loaded, split and used."""
