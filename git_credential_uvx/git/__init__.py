"""Git's configuration, and the settings that make Git ask this helper."""
