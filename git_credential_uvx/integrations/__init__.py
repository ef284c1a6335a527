"""The store for dulwich, urllib3 and keyring."""
