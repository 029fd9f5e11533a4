"""Products of columns that lie at different parties, of which nothing else is revealed."""
