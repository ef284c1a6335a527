"""Where credentials can be brought in from: one module a family, pure.

Each has `paths`, the files that it is in on a machine, and `read`, from a file's bytes to rows;
most have `without`, from the bytes to those that are left when what was imported goes.
"""

# The names on the command line and the module of each, in the order in which they are looked at.
SOURCES = {
    "git-credentials": "git_store",
    "netrc": "netrc",
    "uv": "uv_store",
    "gh": "gh",
    "poetry": "poetry",
    "gcm": "gcm",
    "pip": "pip",
    "uv-config": "uv_config",
    "git-remotes": "git_remotes",
}
