"""Accel-NASBench: seven blocks of inverted residuals, 1e11 networks of which 5,125 were trained."""
