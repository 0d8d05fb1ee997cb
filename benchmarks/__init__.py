"""Measurements beside a peer or a lower bound; anyone can run them, nothing imports them."""
