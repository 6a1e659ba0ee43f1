"""The fast engine for networks of NAS-Bench-201, exact to its definitions."""
