"""Charts and tables as objects: what pages and the report both show, without Streamlit."""
