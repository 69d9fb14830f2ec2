"""One module per resource: HTTP in, one command, HTTP out."""
