"""The page "Help"."""
