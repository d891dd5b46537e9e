"""The edge to HTTP: what is refused before anything reads the request, and errors in the caller's form.

Django reads a form first in its CSRF check, where an unreadable one could only end as a bare page. So what cannot
be read is refused here, before that: a NUL, a body of unknown length, another charset than UTF-8, words that are no
UTF-8, too much.
"""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import unquote_plus, unquote_to_bytes, urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.handlers.wsgi import WSGIRequest, get_str_from_wsgi
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError, parse_cookie
from django.shortcuts import resolve_url
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters

from apps.core.concurrency import waited_in_vain
from apps.core.errors import (
    Invalid,
    LengthRequired,
    MethodNotAllowed,
    PortalError,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from apps.core.middleware import Handler, error_page
from apps.core.rest_problems import problem_page

PROGRAMS = ("/api/", "/graphql", "/hooks/")  # addresses that programs ask, not people
UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}
UNREADABLE = "unreadable"
MOST_READ_AWAY = 64 * 2**20
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
READING = {"GET", "HEAD", "OPTIONS"}
ADDRESS_NEXT = "Remove %00 from the address."


class EdgeRequest(WSGIRequest):
    """A request whose Content-Type may be nonsense: the edge refuses it, where Django has no answer at all.

    Django would also read the address in the charset that the body declares; ours is always UTF-8. Cookies
    with a NUL are none of ours: a session is looked for in PostgreSQL.
    """

    @cached_property
    def COOKIES(self) -> dict[str, str]:  # type: ignore[override]  # noqa: N802 - Django's name
        sent: dict[str, str] = parse_cookie(get_str_from_wsgi(self.environ, "HTTP_COOKIE", ""))
        return {name: value for name, value in sent.items() if "\0" not in value}

    def _set_content_type_params(self, meta: dict[str, str]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {"charset": UNREADABLE}


class Edge:
    """Refuses what could not be read; stands where the page of the refusal can have the portal's frame."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.encoding = "utf-8"
        refusal = next((found for check in CHECKS if (found := check(request))), None)
        if refusal is None:
            return self.get_response(request)
        _read_away(request)
        return answer(request, refusal)


class Errors:
    """Our errors, raised anywhere in a view, leave in the caller's form; so does a method that is not taken."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            return answer(request, _not_taken(request, response))
        if request.method not in READING and _asks_to_sign_in(response):
            _return_to_the_form(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, UnicodeDecodeError):
            exception = Invalid("The text is not UTF-8.")
        error = exception if isinstance(exception, PortalError) else waited_in_vain(exception)
        return answer(request, error) if error else None


def for_programs(request: HttpRequest) -> bool:
    return request.path_info.startswith(PROGRAMS)


def answer(request: HttpRequest, error: PortalError) -> HttpResponse:
    """A problem document for programs, a page for people; who must sign in first is led there."""
    if for_programs(request):
        return problem_page(request, error)
    if isinstance(error, Unauthenticated):
        return redirect_to_login(request.get_full_path())
    return error_page(request, error)


def _nul(request: HttpRequest) -> PortalError | None:
    """PostgreSQL keeps no NUL and refuses to look for one, so no address has one."""
    query = request.META.get("QUERY_STRING", "")
    if "\0" not in request.path_info and not _has_nul(query):
        return None
    pairs = [pair.partition("=") for pair in query.split("&")]
    names = [unquote_plus(name).replace("\0", "")[:100] for name, _, value in pairs if _has_nul(name + value)]
    errors = {name: ["This holds a NUL character."] for name in names}
    return Invalid("The address holds a NUL character.", errors=errors, next_step=ADDRESS_NEXT)


def _has_nul(text: str) -> bool:
    return "\0" in text or "%00" in text


def _unknown_length(request: HttpRequest) -> PortalError | None:
    """Django takes a body without Content-Length as empty; nothing sent may be lost in silence."""
    if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
        return LengthRequired("The body came in chunks of unknown number.", next_step="Send Content-Length.")
    return None


def _charset(request: HttpRequest) -> PortalError | None:
    charset = (request.content_params or {}).get("charset", "utf-8").strip().lower()
    if charset in UTF8:
        return None
    said = (
        "The Content-Type cannot be read"
        if charset == UNREADABLE
        else f"The text is declared as {charset[:40]}"
    )
    return UnsupportedMediaType(f"{said}; the portal reads UTF-8.", next_step="Send it as UTF-8.")


def _read_away(request: HttpRequest) -> None:
    """A browser shows an answer only after it could send everything; of what is enormous it sees a reset."""
    left = MOST_READ_AWAY
    with suppress(UnreadablePostError):  # the sender is gone, and the answer goes nowhere either
        while left > 0 and (chunk := request.read(min(left, 2**16))):
            left -= len(chunk)


def _too_large(request: HttpRequest) -> PortalError | None:
    """Forms with files may be larger, those of some addresses more so; Django holds their texts to the smaller limit."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if request.content_type == "multipart/form-data":
        more = (
            size for path, size in settings.LARGER_UPLOADS.items() if re.fullmatch(path, request.path_info)
        )
        most = max(settings.LARGEST_UPLOAD, *more, 0)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or int(length[:20]) <= most:
        return None
    return TooLarge(f"What was sent is larger than {most // 2**20} MB, the most that the portal takes.")


def _not_utf8(request: HttpRequest) -> PortalError | None:
    """Django keeps U+FFFD for bytes that are no UTF-8, and the words that were meant are lost in silence.

    A form is read whole for this, so one with files or beyond the limit for texts is left to Django.
    """
    body = _small_form(request)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return Invalid("A field of the form is not UTF-8.", next_step="Send it as UTF-8; nothing was saved.")
    return None


def _small_form(request: HttpRequest) -> bytes:
    """The texts of a form as bytes; empty where there is none, or where it is not read here."""
    if request.method != "POST" or request.content_type not in FORMS:
        return b""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return b""
    try:
        body = request.body
    except UnreadablePostError:  # the sender is gone; Django answers to that where it reads the form
        return b""
    if request.content_type == "multipart/form-data":
        return b"" if b"filename=" in body else body
    return unquote_to_bytes(body)


CHECKS = (_nul, _unknown_length, _charset, _too_large, _not_utf8)


def _not_taken(request: HttpRequest, response: HttpResponse) -> PortalError:
    allowed = [method.strip() for method in response.headers.get("Allow", "").split(",")]
    return MethodNotAllowed(
        f"This address takes {' and '.join(allowed)}, not {request.method}.", allowed=allowed
    )


def _asks_to_sign_in(response: HttpResponse) -> bool:
    login = resolve_url(settings.LOGIN_URL)
    return response.status_code == 302 and urlsplit(response.headers["Location"]).path == login


def _return_to_the_form(request: HttpRequest, response: HttpResponse) -> None:
    """A form's address often takes POST only; after the sign-in the page that held the form is the right one."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return
    if page.netloc == request.get_host() and page.path.startswith("/") and not page.path.startswith("//"):
        target = urlunsplit(("", "", page.path, page.query, ""))
        response.headers["Location"] = redirect_to_login(target).headers["Location"]
