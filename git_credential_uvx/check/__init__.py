"""`check`: ask a server whether it accepts a credential."""
