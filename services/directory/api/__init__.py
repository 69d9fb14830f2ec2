"""The directory over HTTP: one module per resource."""
