"""HTTP in, one command, HTTP out."""
