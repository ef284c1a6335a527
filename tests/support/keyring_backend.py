"""A backend for the real keyring package, with a file for each service."""

BACKEND = """
import hashlib, json, os
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

class Keyring(KeyringBackend):
    priority = 1
    folder = os.environ["TEST_KEYRING_FOLDER"]

    def _path(self, service):
        return os.path.join(self.folder, hashlib.sha256(service.encode()).hexdigest())

    def _all(self, service):
        try:
            with open(self._path(service)) as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def get_password(self, service, username):
        return self._all(service).get(username)

    def set_password(self, service, username, password):
        passwords = {**self._all(service), username: password}
        with open(self._path(service), "w") as file:
            json.dump(passwords, file)

    def get_credential(self, service, username):
        for name, password in self._all(service).items():
            if username in (None, name):
                return SimpleCredential(name, password)
"""
