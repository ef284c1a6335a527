"""Asking a server what it makes of a credential."""
