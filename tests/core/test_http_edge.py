"""What cannot be read is refused before anything reads it: in a page for people, a problem for programs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from apps.catalog.models import Entity
from portal.wsgi import application
from tests.factories import EntityFactory
from tests.personas import People
from tests.traces import nothing_changes

FORM = "application/x-www-form-urlencoded"
LOGIN = "/accounts/login/"
FRAME = '<main class="main"'


@pytest.fixture(autouse=True)
def fresh_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def raw(method: str, path: str, query: str = "", **environ: Any) -> tuple[int, str]:
    """By the application of web servers, whose request class is not that of the test client."""
    values: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }
    answer = application.get_response(application.request_class(values | environ))
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("path", "kind", "charset"),
    [
        (LOGIN, FORM, "utf-16"),
        (LOGIN, FORM, "iso-8859-1"),
        (LOGIN, "multipart/form-data; boundary=x", "utf-16"),
        (LOGIN, FORM, "nonsense"),
        ("/catalog/new/model", FORM, "utf-16"),
        ("/catalog/new/model", "multipart/form-data; boundary=x", '"latin1"'),
        ("/people/me/", "text/plain", "UTF-7"),
        ("/nothing", FORM, "utf-16"),
    ],
)
def test_a_form_in_another_charset_is_415_with_a_page(
    people: People, signed_in: Callable[[str], Client], path: str, kind: str, charset: str
) -> None:
    for client in (Client(enforce_csrf_checks=True), signed_in("ada")):
        with nothing_changes():
            answer = client.generic("POST", path, b"a=1", content_type=f"{kind}; charset={charset}")
        assert answer.status_code == 415
        assert FRAME in answer.text and "the portal reads UTF-8" in answer.text


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", "us-ascii", '"utf-8"'])
def test_a_form_in_utf8_is_read(people: People, charset: str) -> None:
    answer = Client().generic("POST", LOGIN, b"login=x", content_type=f"{FORM}; charset={charset}")
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"password"}


@pytest.mark.parametrize("path", ["/api/v1/entities/", "/graphql", "/hooks/mlflow/x"])
def test_programs_read_a_problem(people: People, bearer: Callable[..., Client], path: str) -> None:
    kind = "application/json; charset=iso-8859-1"
    answer = bearer("ada").generic("POST", path, b"{}", content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "kind", ["text/plain; charset*=nonsense''x", "text/plain; charset=base64", "text/plain; charset=idna"]
)
def test_a_content_type_that_nobody_can_read(db: None, kind: str) -> None:
    status, page = raw("GET", "/search/", query="q=%c3%a9", CONTENT_TYPE=kind)
    assert status == 415
    assert "the portal reads UTF-8" in page


@pytest.mark.parametrize(("path", "status"), [("/", 302), (LOGIN, 200), ("/api/v1/me/", 401)])
def test_a_cookie_with_a_nul_is_nobodys(db: None, path: str, status: int) -> None:
    assert raw("GET", path, HTTP_COOKIE=r'sessionid="aaaaaaaaaaaa\000b"; csrftoken="\000"')[0] == status


def test_a_body_that_is_refused_is_read_away(db: None) -> None:
    body = io.BytesIO(b"x" * 6 * 2**20)
    size = str(len(body.getvalue()))
    status, _ = raw("POST", LOGIN, CONTENT_TYPE=FORM, CONTENT_LENGTH=size, **{"wsgi.input": body})
    assert status == 413
    assert body.read() == b""


def test_a_body_of_unknown_length_is_411_and_changes_nothing(
    people: People, bearer: Callable[..., Client], signed_in: Callable[[str], Client]
) -> None:
    entity = EntityFactory()
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    script, browser = bearer("esther"), signed_in("ada")
    with nothing_changes():
        answer = script.patch(
            f"/api/v1/entities/{entity.pk}/", {"title": "x", "version": 1}, "application/json", **chunked
        )
        page = browser.post("/people/me/", {"name": "x"}, **chunked)
    assert (answer.status_code, answer["Content-Type"]) == (411, "application/problem+json")
    assert page.status_code == 411 and FRAME in page.text and "Send Content-Length" in page.text
    assert Entity.objects.get(pk=entity.pk).title == entity.title


@pytest.mark.parametrize(
    "address",
    [
        "/search/?q=a%00b",
        "/catalog/?kind=%00",
        "/catalog/?%00=1",
        "/catalog/options/entity?q=%00",
        "/catalog/similar?title=%00",
        "/catalog/findings/?team=%00",
        "/catalog/model/retail%00/x",
        "/catalog/model/a/b/versions/compare?left=%00&right=1",
        "/people/p/ada%00/",
        "/admin/catalog/entity/?q=%00",
        "/nothing%00",
    ],
)
def test_a_nul_in_an_address_is_400(people: People, signed_in: Callable[[str], Client], address: str) -> None:
    answer = signed_in("esther").get(address)
    assert answer.status_code == 400
    assert "NUL character" in answer.text and "Remove %00 from the address" in answer.text


def test_a_nul_in_an_address_of_the_api_names_the_parameter(
    people: People, bearer: Callable[..., Client]
) -> None:
    answer = bearer("ada").get("/api/v1/entities/?kind=model&q=a%00")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["q"])
    assert bearer("ada").get("/api/v1/entities/model:a%00/b/").status_code == 400


def test_a_percent_sign_before_two_noughts_is_no_nul(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    assert signed_in("ada").get("/search/?q=%2500").status_code == 200


@pytest.mark.parametrize("path", [LOGIN, "/people/me/", "/catalog/preview"])
def test_too_large_a_form_is_413_and_says_the_limit(
    people: People, signed_in: Callable[[str], Client], settings: Any, path: str
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    body = b"text=" + b"x" * 2**20
    answer = signed_in("ada").generic("POST", path, body, content_type=FORM)
    assert answer.status_code == 413
    assert FRAME in answer.text and "larger than 1 MB" in answer.text and "still in the form" in answer.text


def test_too_large_a_form_with_files_has_a_limit_of_its_own(
    people: People, signed_in: Callable[[str], Client], settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.LARGEST_UPLOAD = 1000, 2**20
    large, larger = io.BytesIO(b"x" * 2000), io.BytesIO(b"x" * 2**21)
    browser = signed_in("ada")
    assert browser.post("/catalog/import", {"file": large}).status_code == 400  # the form's own word
    assert browser.post("/catalog/import", {"file": larger}).status_code == 413
    text = browser.post("/catalog/import", {"text": "x" * 2000, "file": io.BytesIO(b"a")})
    assert text.status_code == 413 and "still in the form" in text.text


def test_too_many_parameters_are_refused(db: None) -> None:
    status, page = raw("GET", "/search/", query="&".join(["a=1"] * 2001))
    assert status in {302, 413}
    status, page = raw("GET", LOGIN, query="&".join(["a=1"] * 2001))
    assert status == 413 and "2,000 fields" in page


def test_too_many_fields_are_413(people: People) -> None:
    body = "&".join(f"a{number}=1" for number in range(2001)).encode()
    answer = Client(enforce_csrf_checks=True).generic(
        "POST", LOGIN, body, content_type=FORM, headers={"Cookie": "csrftoken=" + "a" * 32}
    )
    assert answer.status_code == 413
    assert "2,000 fields" in answer.text


def test_a_broken_multipart_form_is_400_with_a_page(people: People) -> None:
    answer = Client().generic("POST", LOGIN, b"x", content_type="multipart/form-data")
    assert answer.status_code == 400 and FRAME in answer.text


@pytest.mark.parametrize("path", ["/api/v1/entities/", "/graphql"])
def test_a_foreign_host_is_a_problem_for_programs(db: None, path: str) -> None:
    answer = Client().get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert "host name" in answer.json()["detail"]
    assert "evil" not in answer.text


def test_a_foreign_host_is_a_page_for_people(db: None) -> None:
    answer = Client().get(LOGIN, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert FRAME in answer.text and "host name" in answer.text


@pytest.mark.parametrize("path", ["/people/tokens/1/revoke/", "/catalog/model/a/b/access/grant"])
def test_a_method_that_is_not_taken_has_a_page(
    people: People, signed_in: Callable[[str], Client], path: str
) -> None:
    answer = signed_in("ada").get(path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert FRAME in answer.text and "This address takes POST, not GET" in answer.text


def test_a_hook_read_by_get_is_a_problem(db: None) -> None:
    answer = Client().get("/hooks/mlflow/x")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("referer", "after"),
    [
        ("http://testserver/people/me/?tab=tokens", "/people/me/%3Ftab%3Dtokens"),
        ("http://evil.example/people/me/", "/people/tokens/1/revoke/"),
        ("http://testserver//evil.example/", "/people/tokens/1/revoke/"),
        ("http://[broken", "/people/tokens/1/revoke/"),
        ("", "/people/tokens/1/revoke/"),
    ],
)
def test_an_expired_session_returns_to_the_page_of_the_form(db: None, referer: str, after: str) -> None:
    answer = Client().post("/people/tokens/1/revoke/", headers={"Referer": referer})
    assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next={after}")


def test_a_page_that_is_only_read_returns_to_itself(db: None) -> None:
    answer = Client().get("/people/", headers={"Referer": "http://testserver/catalog/"})
    assert answer["Location"] == f"{LOGIN}?next=/people/"


@pytest.mark.parametrize("name", ["title", "name", "description"])
def test_a_nul_in_a_form_is_a_field_error(
    people: People, signed_in: Callable[[str], Client], name: str
) -> None:
    browser = signed_in("ada")
    with nothing_changes():
        answer = browser.post("/catalog/new/model", {name: "a\0b"})
    assert answer.status_code == 400
    assert "Null characters are not allowed" in str(answer.context["form"].errors[name])
