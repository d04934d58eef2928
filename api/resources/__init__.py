"""One module per resource: its filters and its views."""
