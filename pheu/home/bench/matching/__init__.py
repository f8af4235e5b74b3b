"""How well the rules of a sweep find what is the same, against sets of which it is known."""
