"""The command `add`: what `uv add` would do, with the secret in the store."""
