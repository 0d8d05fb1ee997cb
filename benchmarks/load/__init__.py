"""Signed requests through the whole service on this machine, with a promotion in the middle."""
