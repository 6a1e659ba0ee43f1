"""One thin file a page.

The folder is not called "pages": beside the entry point, Streamlit takes a folder of that name for a navigation of its
own, and shows that to the first visitor of a fresh server.
"""
