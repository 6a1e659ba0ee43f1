"""One folder a page; its page.py is what the navigation opens."""
