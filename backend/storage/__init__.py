"""The study database: engine, schema, audit and outages."""
