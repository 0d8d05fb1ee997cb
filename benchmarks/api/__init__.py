"""What the REST API's function adds to the endpoint's own time, and how long it takes to start."""
