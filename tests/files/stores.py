"""Real stores for the tests: a folder, and S3 servers over HTTP on this machine.

rclone checks signatures, lengths, types and times as Amazon does; moto knows versions and the
headers of encryption. Each is started once a session, by whoever asks first.
"""

import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from django.test import Client
from moto.server import ThreadedMotoServer

BUCKET = "forecourt-test"
HUNG_UP = 0
"""Instead of a status: the server did not even want to hear the rest."""
KEY, SECRET = "test", "test-secret"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """``rclone serve s3`` over a folder with one bucket; answers its address."""
    (folder / BUCKET).mkdir(parents=True)
    port = free_port()
    server = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("rclone")),
            *("serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"),
            *("--allow-origin", "*", "--config", "/dev/null", "--log-level", "ERROR"),
            *("--cache-dir", str(folder / "cache"), str(folder)),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int) -> None:
    for _attempt in range(200):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("rclone does not listen")


@contextmanager
def moto() -> Iterator[str]:
    """A server with one bucket that keeps versions; answers its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    try:
        yield address
    finally:
        server.stop()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Browser:
    """Somebody who has nothing but links: of the local store to our own address, else to S3's."""

    client: Client = field(repr=False)

    def put(self, url: str, content: bytes, headers: dict[str, str] | None = None) -> int:
        return self.send("PUT", url, content, headers or {}).status

    def get(self, url: str, **headers: str) -> Answer:
        return self.send("GET", url, b"", headers)

    def send(self, method: str, url: str, content: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        if parts.netloc:
            return _over_http(method, parts.netloc, f"{parts.path}?{parts.query}", content, headers)
        extra = {"content_type": headers["Content-Type"]} if "Content-Type" in headers else {}
        answer = self.client.generic(method, url, content, headers=headers, **extra)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return Answer(answer.status_code, dict(answer.headers), body)


def _over_http(
    method: str, host: str, path: str, content: bytes, headers: dict[str, str]
) -> Answer:
    connection = http.client.HTTPConnection(host, timeout=20)
    try:
        connection.request(method, path, content or None, headers)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.headers), answer.read())
    except ConnectionError:
        return Answer(HUNG_UP, {}, b"")
    finally:
        connection.close()
