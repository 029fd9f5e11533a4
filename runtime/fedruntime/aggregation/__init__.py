"""Sums over parties: the exact encoding, the masks, and the two aggregators that use them."""
