"""The runs of studies: launched, worked on by one or more processes, recovered."""
