"""The tests: a package by name, so that no `tests` that a dependency installs comes before it (sniffpy has one)."""
