"""The sources of credentials other than the store."""
