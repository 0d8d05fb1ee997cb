"""Generated requests, from good to hostile, against the function and the serving application."""
