"""The study database: engine, schema, migrations, audit and outages."""
