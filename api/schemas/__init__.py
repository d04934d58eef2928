"""What records are made of: how they are read, rendered and documented."""
