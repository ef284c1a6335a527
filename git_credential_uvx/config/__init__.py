"""Our own configuration, and uv's indexes."""
