"""The HTTP side: one thread per connection on loopback, tokens and rights before everything else."""

from __future__ import annotations

import json
import secrets
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from tests.kubernetes_api.answers import Answer, ApiError, failure, plain
from tests.kubernetes_api.faults import Fault
from tests.kubernetes_api.lists import read_list, read_object
from tests.kubernetes_api.recordings import reader_rules, recording
from tests.kubernetes_api.rights import EVERYTHING, READER, Asked, User, forbidden, unauthorized
from tests.kubernetes_api.world import Resource, World

LOGIN_PAGE = b"<!DOCTYPE html><html><title>Sign in</title><body><form></form></body></html>"
UNKNOWN_RESOURCE = "the server could not find the requested resource"
WRONG_METHOD = "the server does not allow this method on the requested resource"


class KubernetesApi:
    """A running server for one world: `with KubernetesApi(world) as api: ...`.

    `url` and `token` (of the reader's service account) reach it. `faults` may grow at any time; `requests`
    tells what was asked. With `tls` it speaks https. `unavailable_groups` are aggregated APIs whose server
    is down.
    """

    def __init__(
        self, world: World, port: int = 0, token: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        self.world = world
        self.token = token or secrets.token_urlsafe(24)
        self.admin_token, self.nobody_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.reader = User(READER, reader_rules())
        self.users = {
            self.token: self.reader,
            self.admin_token: User("kubernetes-admin", EVERYTHING),
            self.nobody_token: User("nobody-user"),
        }
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.unavailable_groups = {"external.metrics.k8s.io"}
        self.stopping = threading.Event()
        self._scheme = "https" if tls else "http"
        self._server = Listener(("127.0.0.1", port), self)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def forbid(self, plural: str) -> None:
        """Take a resource out of the reader's role."""
        self.reader.rules = [
            {**rule, "resources": [name for name in rule["resources"] if name != plural]}
            for rule in self.reader.rules
        ]

    def __enter__(self) -> KubernetesApi:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def strike(self, path: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.strikes(path)), None)

    def answer(self, method: str, target: str, accept: str, authorization: str) -> Answer:
        """Authentication, then authorization, then the request itself, in the order of the real server."""
        self.requests.append((method, target))
        user = self.users.get(authorization.removeprefix("Bearer "))
        if user is None or not authorization.startswith("Bearer "):
            return unauthorized()
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        asked = asked_of(method, parts.path, query)
        if not user.may(asked):
            return forbidden(user, asked)
        try:
            return self._serve(asked, query, accept)
        except ApiError as error:
            return error.answer

    def _serve(self, asked: Asked, query: dict[str, str], accept: str) -> Answer:
        if asked.path == "/version":
            return Answer(200, json.dumps(recording("version")["body"]).encode())
        resource = self._resource(asked)
        if asked.method != "GET":
            raise ApiError(failure(405, "MethodNotAllowed", WRONG_METHOD, details={}))
        if asked.watch:
            raise ApiError(failure(501, "NotImplemented", "this server serves no watch", details={}))
        if asked.name:
            return read_object(self.world, resource, asked)
        return read_list(self.world, resource, asked, query, accept)

    def _resource(self, asked: Asked) -> Resource:
        for resource in self.world.resources:
            if (resource.group, resource.version, resource.plural) == (
                asked.group,
                asked.version,
                asked.plural,
            ):
                return resource
        if asked.group in self.unavailable_groups:
            raise ApiError(plain(503, "service unavailable\n"))
        if not asked.plural or asked.group not in self.world.groups:
            raise ApiError(plain(404, "404 page not found\n"))
        raise ApiError(failure(404, "NotFound", UNKNOWN_RESOURCE, details={}))


def asked_of(method: str, path: str, query: dict[str, str]) -> Asked:
    """Take `/apis/<group>/<version>/namespaces/<namespace>/<plural>/<name>` apart."""
    words = path.strip("/").split("/")
    if words[:2] == ["api", "v1"] and len(words) > 2:
        group, version, words = "", "v1", words[2:]
    elif words[0] == "apis" and len(words) > 3:
        group, version, words = words[1], words[2], words[3:]
    else:
        return Asked(method, path)
    namespace = words[1] if words[0] == "namespaces" and len(words) > 2 else ""
    plural, name = [*(words[2:] if namespace else words), ""][:2]
    watch = query.get("watch") in ("true", "1")
    return Asked(method, path, group, version, namespace, plural, name, watch)


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], api: KubernetesApi) -> None:
        self.api = api
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener
    cacheable: ClassVar[dict[str, str]] = {"Cache-Control": "no-cache, private"}

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        api = self.server.api
        fault = api.strike(urlsplit(self.path).path)
        authorization = self.headers.get("Authorization", "")
        answer = api.answer(self.command, self.path, self.headers.get("Accept", ""), authorization)
        if fault is None:
            self._send(answer)
        elif fault.kind in ("cut", "drip"):
            self._send_badly(answer, fault)
        else:
            self._send(self._spoilt(answer, fault, authorization))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def _spoilt(self, answer: Answer, fault: Fault, authorization: str) -> Answer:
        wait = {"Retry_After": fault.retry_after} if fault.retry_after else {}
        match fault.kind:
            case "busy":
                return plain(429, "Too many requests, please try again later.\n", **wait)
            case "unavailable":
                return plain(503, "service unavailable\n", **wait)
            case "html":
                return Answer(200, LOGIN_PAGE, "text/html; charset=utf-8")
            case "redirect":
                return Answer(302, b"", headers={"Location": "http://login.invalid/"})
            case "truncated":
                return Answer(200, answer.body[: len(answer.body) // 2])
            case "echo":
                return plain(500, f"you sent {authorization}\n")
        self.server.api.stopping.wait(fault.seconds)
        return answer

    def _send(self, answer: Answer) -> None:
        self._send_head(answer)
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {**self.cacheable, "Content-Type": answer.content_type, **answer.headers}
        for name, value in {**headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_badly(self, answer: Answer, fault: Fault) -> None:
        """Promise the whole body, and break the promise or keep it as slowly as possible."""
        self.close_connection = True
        self._send_head(answer)
        if fault.kind == "cut":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            return
        for place in range(0, len(answer.body), 16):
            self.wfile.write(answer.body[place : place + 16])
            if self.server.api.stopping.wait(fault.seconds):
                return

    def handle(self) -> None:
        """A client that gave up is no error of this server."""
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Tests read `requests`; nothing is printed."""
