"""URLs: services, their parts and patterns, and the usernames that services want."""
