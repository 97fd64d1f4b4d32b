"""An HTTP proxy on 127.0.0.1 that does with a CONNECT what the host's first word says."""

import socket
import threading
from contextlib import suppress

ANSWERS = {
    "refuses": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "fails": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "asks": b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\nContent-Length: 0\r\n\r\n',
    "garbles": b"no proxy at all\r\n\r\n",
    "closes": b"",
}


class Proxy:
    def __enter__(self):
        self.asked = []  # what came behind CONNECT or another method
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, suppress(OSError, IndexError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            target = head.decode().split(" ")[1]
            self.asked.append(target)
            behaviour = target.split(".")[0]
            if behaviour == "hangs":
                client.recv(1)
            elif behaviour == "works":
                self._connect(client, int(target.rsplit(":")[-1]))
            else:
                client.sendall(ANSWERS[behaviour])

    @staticmethod
    def _connect(client, port):
        with socket.create_connection(("127.0.0.1", port)) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source, target):
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
