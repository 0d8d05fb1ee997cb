"""Things that show the service at work; no other room imports them."""
