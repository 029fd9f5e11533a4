"""Key agreement and mask streams for secure sums; the primitives come from ``cryptography``."""
