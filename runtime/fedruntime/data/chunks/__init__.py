"""Tables that are larger than a party's memory: read in chunks, again for every pass."""
