"""Pure functions on the DataFrames of trials: fronts, fits, rankings."""
