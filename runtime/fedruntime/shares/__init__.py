"""Computing on additive shares modulo 2**64, which no party can read alone."""
