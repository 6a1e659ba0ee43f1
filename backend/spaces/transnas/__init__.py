"""TransNAS-Bench-101: a space of backbones (macro) and a space of cells (micro), trained for seven tasks on Taskonomy."""
