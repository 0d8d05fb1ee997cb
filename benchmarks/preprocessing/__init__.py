"""Preprocessing beside a plain restatement of the walk-through's algorithm and beside `wc -w`."""
