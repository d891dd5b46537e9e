"""Asks an MLflow server that may be slow, half broken, or not MLflow at all, and never repeats its words.

Requests go through the client's own `http_request` (its connection reuse, retries and header plugins),
answers are read as plain JSON: building the client's entity objects costs over four times the CPU. Whatever
goes wrong becomes a `ReadError` whose reason is a sentence of ours, so that no credential can be in it.
"""

from __future__ import annotations

import time
from typing import Any

import orjson

from apps.catalog.sources.mlflow.config import MlflowConfig

Json = dict[str, Any]
CHUNK_BYTES = 1024 * 1024
PREFIX = "/api/2.0/mlflow/"


class ReadError(Exception):
    """A request was not answered as it should be; `reason` is our own sentence.

    `status` is the HTTP status, 0 where there was no answer.
    """

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class NotThereError(ReadError):
    """MLflow itself says that the thing does not exist."""


STATUSES = {
    400: "The MLflow server did not understand the request (400); its version may be too old.",
    401: "The MLflow server refused the credentials (401). Renew the secret that this source refers to.",
    403: "The MLflow account may not read this (403). Grant it permission to read.",
    404: "The address knows no such MLflow interface (404). Check the address and its path.",
    407: "A proxy on the way asks for credentials (407).",
    413: "The MLflow server, or a proxy before it, found the request too large (413).",
    429: "The MLflow server is too busy to answer (429); the next sweep tries again.",
}


class MlflowApi:
    """The few REST calls that the catalog needs, on one server."""

    def __init__(self, config: MlflowConfig) -> None:
        self._config = config
        self._host: Any = None

    def get(self, path: str, **params: Any) -> Json:
        return self._read("GET", path, {"params": params})

    def post(self, path: str, body: Json) -> Json:
        return self._read("POST", path, {"json": body})

    def _read(self, method: str, path: str, arguments: Json) -> Json:
        response = self._send(method, path, arguments)
        try:
            content = self._content(response)
        finally:
            response.close()
        if response.status_code != 200:
            raise refusal(response.status_code, content)
        return parse(content, response.headers.get("Content-Type", ""))

    def _send(self, method: str, path: str, arguments: Json) -> Any:
        from mlflow.exceptions import MlflowException
        from mlflow.utils.rest_utils import http_request

        try:
            return http_request(
                self._credentials(),
                PREFIX + path,
                method,
                max_retries=self._config.repeats,
                backoff_factor=1,
                timeout=self._config.wait,
                raise_on_status=False,
                respect_retry_after_header=False,
                allow_redirects=False,
                stream=True,
                **arguments,
            )
        except MlflowException as error:
            raise transport_failure(error, self._config.wait) from None

    def _credentials(self) -> Any:
        from mlflow.utils.rest_utils import MlflowHostCreds

        if self._host is None:
            self._host = MlflowHostCreds(
                host=self._config.address,
                username=self._config.username or None,
                password=self._config.password or None,
                token=self._config.token or None,
                ignore_tls_verification=not self._config.verify_tls,
            )
        return self._host

    def _content(self, response: Any) -> bytes:
        """The body, bounded in size and in time; a server that drips bytes cannot hold the sweep."""
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        end = time.monotonic() + self._config.page_seconds
        chunks, size = [], 0
        try:
            while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
                chunks.append(chunk)
                size += len(chunk)
                self._require_within(size, end)
        except ReadTimeoutError:
            raise ReadError(
                f"The MLflow server stopped in the middle of an answer for {self._config.wait:g} s."
            ) from None
        except (HTTPError, OSError):
            raise ReadError("The connection to the MLflow server was cut while an answer was read.") from None
        return b"".join(chunks)

    def _require_within(self, size: int, end: float) -> None:
        if size > self._config.page_bytes:
            raise ReadError(f"An answer is larger than {self._config.page_bytes} bytes; use smaller pages.")
        if time.monotonic() > end:
            raise ReadError(f"An answer was not complete after {self._config.page_seconds:g} s.")


def parse(content: bytes, content_type: str) -> Json:
    if "html" in content_type or content.lstrip()[:1] == b"<":
        raise ReadError(
            "The address answered with a web page instead of JSON, as a login page or a proxy does. "
            "Check the address."
        )
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise ReadError(
            f"The answer of {len(content)} bytes is not whole JSON; it was cut off or damaged."
        ) from None
    if not isinstance(body, dict):
        raise ReadError("The answer is JSON, but not of MLflow's shape. Check the address.")
    return body


def refusal(status: int, content: bytes) -> ReadError:
    """What a status other than 200 means; of the body only MLflow's own error code is believed."""
    if status == 404 and error_code(content) == "RESOURCE_DOES_NOT_EXIST":
        return NotThereError("The MLflow server has no such thing (404).", status)
    if 300 <= status < 400:
        reason = f"The address redirects elsewhere ({status}), as a login page does. Check the address."
    elif status >= 500:
        reason = f"The MLflow server failed ({status}); its own log says why."
    else:
        reason = STATUSES.get(status, f"The MLflow server answered with the unexpected status {status}.")
    return ReadError(reason, status)


def error_code(content: bytes) -> str:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    return str(body.get("error_code", "")) if isinstance(body, dict) else ""


def transport_failure(error: Exception, seconds: float) -> ReadError:
    """Our sentence for what the client wraps: the true cause stands in its chain of exceptions."""
    names = {type(link).__name__ for link in _chain(error)}
    if names & {"ConnectTimeout", "ConnectTimeoutError", "ReadTimeout", "ReadTimeoutError", "Timeout"}:
        return ReadError(f"The MLflow server did not answer within {seconds:g} s.")
    if names & {"NameResolutionError", "gaierror"}:
        return ReadError("The MLflow server's host name is not known here. Check the address.")
    if names & {"SSLError", "SSLCertVerificationError"}:
        return ReadError("No safe connection: the MLflow server's certificate is not trusted here.")
    if names & {"ProxyError"}:
        return ReadError("The proxy on the way to the MLflow server does not let the request through.")
    if names & {"NewConnectionError", "ConnectionRefusedError"}:
        return ReadError("Nothing answers at the MLflow server's address. Check that it runs.")
    return ReadError("The connection to the MLflow server broke before it answered.")


def _chain(error: BaseException) -> list[BaseException]:
    """The exception, what it wraps as cause, context, argument or `reason`, each once."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and link not in found:
            found.append(link)
            waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
    return found
