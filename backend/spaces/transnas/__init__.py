"""TransNAS-Bench-101: backbones (macro) and cells (micro), trained for seven tasks on Taskonomy's images."""
