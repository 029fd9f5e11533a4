"""Real parties that meet at a Flower SuperLink. Flower carries bytes between machines; what they
mean, and who computes what, is ours.
"""
