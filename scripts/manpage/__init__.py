"""Makes the manual page from the help texts of the commands: `make man`."""
