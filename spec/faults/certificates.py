"""Certificates for the fault matrix, made by openssl in a folder: a good one, and one for each way to be bad."""

import ssl
import subprocess
from pathlib import Path

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch"]
NAMES = "subjectAltName=IP:127.0.0.1"


class Certificates:
    def __init__(self, folder):
        self._folder = Path(folder)
        self._root("root")
        self._root("stranger")
        self.ca_file = self._folder / "root.pem"

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=self._folder, check=True, capture_output=True)

    def _root(self, name):
        self._openssl("req", "-x509", *CURVE, "-subj", f"/CN={name}", "-days", 2,
                      "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def context(self, name, names=NAMES, issuer="root", days=2, version=None):
        """A server's context; `days` may be negative: then it has expired."""
        request, key, certificate = (self._folder / f"{name}.{end}" for end in ("csr", "key", "pem"))
        (self._folder / f"{name}.ext").write_text(names)
        self._openssl("req", "-new", *CURVE, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key",
                      "-CAcreateserial", "-days", days, "-extfile", f"{name}.ext", "-out", certificate)
        return self._load(certificate, key, version)

    def self_signed(self):
        self._openssl("req", "-x509", *CURVE, "-subj", "/CN=self", "-addext", NAMES, "-days", 2,
                      "-keyout", "self.key", "-out", "self.pem")
        return self._load(self._folder / "self.pem", self._folder / "self.key")

    @staticmethod
    def _load(certificate, key, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if version:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        return context
