"""Data sets: what each is, its images, and mini-batches of them."""
