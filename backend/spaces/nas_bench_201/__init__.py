"""NAS-Bench-201: a cell of six edges and five operations, 15,625 architectures."""
