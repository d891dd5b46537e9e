"""A real OpenID Connect provider: a process of its own that our code talks to over HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests


class Provider:
    """The company's identity provider, as a person and an administrator use it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def knows(self, subject: str, **claims: Any) -> None:
        """Enters a person, or changes what the provider says about one."""
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def answer(self, address: str, **form: str) -> str:
        """What the person does on the provider's page; returns where the browser is sent."""
        response = requests.post(address, data=form, allow_redirects=False, timeout=10)
        assert response.status_code in {302, 303}, response.text
        return response.headers["Location"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running_provider() -> Iterator[Provider]:
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield _ready(Provider(f"http://127.0.0.1:{port}"), process)
        finally:
            process.terminate()


def _ready(provider: Provider, process: subprocess.Popen[bytes]) -> Provider:
    for _ in range(300):
        assert process.poll() is None, "the provider did not start"
        try:
            requests.get(f"{provider.url}/.well-known/openid-configuration", timeout=1).raise_for_status()
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return provider
    raise AssertionError("the provider does not answer")
