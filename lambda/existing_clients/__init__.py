"""What the adapters for clients of other translation services share; knows none of them."""
