"""Engines carry a named party operation to the parties and their replies back, one file each."""
