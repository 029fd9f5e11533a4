"""Keys, masks, shares, seals and identities for secure sums; primitives are ``cryptography``'s."""
