"""The study database on a real PostgreSQL server."""
