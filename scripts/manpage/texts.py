"""The texts of the manual page besides the help texts of the commands."""

from __future__ import annotations

SYNOPSIS = """
`git credential-uvx` COMMAND [OPTIONS] [ARGUMENTS]
`git credential-uvx` get|store|erase|capability
`git config --global credential.helper uvx`
"""

OPTIONS = (
    ("-q, --quiet", "Print results and errors only."),
    (
        "-v, --verbose",
        (
            "Show each step on standard error, without secrets. It can stand before the name of a "
            "command, or after it; `credential.helper = uvx -v` shows the steps of each fetch."
        ),
    ),
    ("-h, --help", "Show the help; after a command, the help of that command."),
    ("--version", "Show the version."),
)

OPERATIONS = """
Git runs these itself, with a request on standard input as in `git-credential`(1). They never
prompt, and their exit status is always 0: a fault is one line on standard error, and Git asks the
next helper or the user.
"""

OPERATION_LIST = (
    (
        "get",
        (
            "Print the credential with the longest matching path, and of several "
            "accounts the default account. Print nothing if no credential matches."
        ),
    ),
    (
        "store",
        (
            "Save the credential in uv's file, or in git-credential-uvx.toml if uv's format cannot "
            "hold it. A credential that is already stored causes no write."
        ),
    ),
    (
        "erase",
        "Remove what Git stored. What a person or uv stored is hidden from Git and stays for uv.",
    ),
    ("capability", "Print what this helper can do: `authtype`, for Git 2.46 and newer."),
)

ENVIRONMENT = (
    (
        "UVX_TOKEN_git_example_com, UVX_USERNAME_git_example_com",
        (
            "A secret for https://git.example.com and the username that goes with it. Dots are "
            "written as `_`, hyphens as `__`, another port than 443 as `_8443` at the end; all in "
            "lower or all in upper case. Without the secret, the username chooses among the "
            "accounts of the other sources."
        ),
    ),
    (
        "HF_TOKEN, UV_NO_HF_TOKEN",
        "The token for https://huggingface.co; the second switches it off.",
    ),
    (
        "GITHUB_TOKEN, GH_TOKEN, CI_JOB_TOKEN, SYSTEM_ACCESSTOKEN, BITBUCKET_ACCESS_TOKEN",
        (
            "The token of a CI job, for the job's own host alone, which the service names in "
            "GITHUB_SERVER_URL, CI_SERVER_HOST (with CI_SERVER_PORT and CI_SERVER_PROTOCOL) or "
            "SYSTEM_COLLECTIONURI. Outside of a job they count only with `job-tokens = true` in "
            "the configuration."
        ),
    ),
    (
        "UV_INDEX_NAME_USERNAME, UV_INDEX_NAME_PASSWORD",
        "The credential of the index of that name. It is not used for Git.",
    ),
    (
        "UVX_INDEX_NAME_URL",
        (
            "The host of the index of that name, whatever a project's file says. A CI job needs it "
            "if only such a file names the index."
        ),
    ),
    (
        "UV_PUBLISH_URL, UV_PUBLISH_USERNAME, UV_PUBLISH_PASSWORD, UV_PUBLISH_TOKEN",
        "Where uv uploads to, and with which credential. It is not used for Git.",
    ),
    (
        "UV_INDEX, UV_DEFAULT_INDEX, UV_INDEX_URL, UV_EXTRA_INDEX_URL, UV_FIND_LINKS",
        "uv's indexes, as uv reads them.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR, SSL_CLIENT_CERT, UV_SYSTEM_CERTS, UV_NATIVE_TLS",
        "The certificates that a request trusts and the one that it presents, as in uv.",
    ),
    (
        "UV_INSECURE_HOST",
        "Hosts whose certificate is not checked, as in uv.",
    ),
    (
        "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "The proxies of requests; lower case works too.",
    ),
    (
        "UV_HTTP_TIMEOUT, UV_REQUEST_TIMEOUT, HTTP_TIMEOUT",
        "Seconds to wait for an answer; 30 unless one is set.",
    ),
    (
        "UV_CONFIG_FILE, UV_NO_CONFIG, UV_NO_SYSTEM_CONFIG",
        "Which files of uv's configuration are read, as in uv.",
    ),
    (
        "UV_PREVIEW, UV_PREVIEW_FEATURES",
        "With uv's preview feature `native-auth`, uv keeps its credentials elsewhere.",
    ),
    ("UV_KEYRING_PROVIDER", "`subprocess` asks the keyring command on PATH, `disabled` does not."),
    (
        "NETRC",
        "The netrc file, if the path is absolute and the file exists. Otherwise it is ~/.netrc.",
    ),
    (
        "UV_CREDENTIALS_DIR",
        "The folder of the store, which must be an absolute path. `uv auth dir` prints it.",
    ),
    ("UV_LOCK_TIMEOUT", "Seconds to wait for the lock of the store; 300 unless it is set."),
    (
        "GIT_CREDENTIAL_UVX_TRACE",
        (
            "`1` writes a trace to standard error, an absolute path adds it to that file: each "
            "source that is asked, what it answers, and each file that is read or written, without "
            "secrets. It works for Git operations and for every command. The same lines go where "
            "GIT_TRACE2_EVENT sends Git's own trace."
        ),
    ),
    ("GIT_CREDENTIAL_UVX_CONFIG", "The configuration file, as an absolute path."),
    (
        (
            "XDG_CONFIG_HOME, XDG_CONFIG_DIRS, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME, "
            "XDG_RUNTIME_DIR"
        ),
        "Where the configuration, the store and the state are; see FILES.",
    ),
    ("NO_COLOR", "If it is set and not empty, nothing is coloured."),
)

FILES = (
    (
        "~/.local/share/uv/credentials/credentials.toml",
        "uv's store, which this command shares (below $XDG_DATA_HOME or in $UV_CREDENTIALS_DIR).",
    ),
    (
        "~/.local/share/uv/credentials/git-credential-uvx.toml",
        "What uv's format cannot hold: further accounts, expiry dates, refresh tokens.",
    ),
    (
        "~/.config/git-credential-uvx/config.toml",
        "The configuration (below $XDG_CONFIG_HOME; on macOS in ~/Library/Application Support).",
    ),
    (
        "~/.local/state/git-credential-uvx",
        (
            "The host of each index name, and reports of unexpected errors, which hold no secret "
            "(below $XDG_STATE_HOME)."
        ),
    ),
    (
        "$XDG_RUNTIME_DIR/git-credential-uvx",
        "Secrets from configured commands until they expire (or in ~/.cache/git-credential-uvx).",
    ),
)

STATUSES = (
    ("0", "Done, or the answer is yes. Git's operations always end with it."),
    ("1", "The answer is no: nothing was found, or something is left to do."),
    ("2", "The command was used wrongly or failed; one line on standard error says why."),
    ("130", "The command was interrupted."),
)

EXAMPLES = (
    (
        "Configure Git once, log in for Git and uv, and clone:",
        """
git-credential-uvx setup
git-credential-uvx login git.example.com --username alice
git clone https://git.example.com/team/private.git
""",
    ),
    (
        "Show what Git would get, from where and why, without secrets:",
        """
git-credential-uvx explain --git https://git.example.com/team/private.git
""",
    ),
    (
        "Let one command and its Git use this helper, without changing a file:",
        """
git-credential-uvx exec -- uv sync
""",
    ),
    (
        "Complete this command in the current bash:",
        """
source <(git-credential-uvx completion bash)
""",
    ),
)

SEE_ALSO = (("git", 1), ("gitcredentials", 7), ("git-credential", 1))
