"""Files, folders, locks, programs and the environment: the only part that touches them."""
