"""How a cluster is reached: what is accepted, what is refused, and that no message holds a secret."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.catalog.sources.base import SourceFailed
from apps.catalog.sources.kubernetes import KubernetesConfig, KubernetesSource, OwnerRule
from tests.kubernetes_api import KubernetesApi
from tests.kubernetes_api.recordings import calm_world

UID = "7dad4be0-be67-46da-af34-7a4fd4c1a7e4"
EXEC = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": ["/tmp/never"]}}
PROVIDER = {"auth-provider": {"name": "gcp", "config": {"cmd-path": "touch"}}}


@pytest.fixture(scope="module")
def api() -> Iterator[KubernetesApi]:
    with KubernetesApi(calm_world()) as running:
        yield running


@pytest.fixture
def kubeconfig(api: KubernetesApi, tmp_path: Path) -> dict[str, Any]:
    """Three contexts of one cluster: with a token, with a token file beside it, with a program."""
    (tmp_path / "token").write_text(api.token)
    users = {"token": {"token": api.token}, "file": {"tokenFile": "token"}, "program": EXEC}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "token",
        "clusters": [{"name": "one", "cluster": {"server": api.url}}],
        "users": [{"name": name, "user": user} for name, user in users.items()],
        "contexts": [{"name": name, "context": {"cluster": "one", "user": name}} for name in users],
    }


def identity(folder: Path, content: Any, context: str = "") -> str:
    path = folder / "kubeconfig"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return KubernetesSource(KubernetesConfig(kubeconfig=str(path), context=context)).identity()


@pytest.mark.parametrize("context", ["", "token", "file"])
def test_a_kubeconfig_with_a_token(tmp_path: Path, kubeconfig: dict[str, Any], context: str) -> None:
    assert identity(tmp_path, kubeconfig, context) == UID


@pytest.mark.parametrize(("plugin", "name"), [(EXEC, "exec"), (PROVIDER, "auth-provider")])
def test_a_kubeconfig_that_runs_a_program_is_refused(
    tmp_path: Path, kubeconfig: dict[str, Any], plugin: dict[str, Any], name: str
) -> None:
    kubeconfig["users"][2]["user"] = {**plugin, "token": "not used"}
    with pytest.raises(SourceFailed, match=rf"through a program \({name}\), which is not run here"):
        identity(tmp_path, kubeconfig, "program")


@pytest.mark.parametrize(
    ("content", "context", "reason"),
    [
        ("{", "", "is not YAML"),
        ("- a", "", "is not a kubeconfig"),
        ("a: 1", "", "no usable cluster and user for its current context"),
        ("contexts: 3", "", "no usable cluster"),
        (None, "other", "no usable cluster and user for its context 'other'"),
    ],
)
def test_an_unusable_kubeconfig(
    tmp_path: Path, kubeconfig: dict[str, Any], content: str | None, context: str, reason: str
) -> None:
    with pytest.raises(SourceFailed, match=reason) as caught:
        identity(tmp_path, content or kubeconfig, context)
    assert kubeconfig["users"][0]["user"]["token"] not in str(caught.value)


def test_a_token_with_a_line_break_is_not_repeated(tmp_path: Path, kubeconfig: dict[str, Any]) -> None:
    kubeconfig["users"][0]["user"]["token"] = "first\nsecond"
    with pytest.raises(SourceFailed) as caught:
        identity(tmp_path, kubeconfig)
    assert "second" not in str(caught.value)


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="cannot be read"):
        KubernetesSource(KubernetesConfig(kubeconfig=str(tmp_path / "none"))).identity()


def test_a_kubeconfig_may_not_send_the_token_in_the_clear(tmp_path: Path, kubeconfig: dict[str, Any]) -> None:
    kubeconfig["clusters"][0]["cluster"]["server"] = "http://cluster.example.org"
    with pytest.raises(SourceFailed, match="use https"):
        identity(tmp_path, kubeconfig)


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test cluster")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(address, critical=False)
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(hours=1))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / f"{uuid4()}.pem"
    path.write_bytes(private + certificate.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return path


def test_only_the_given_authority_is_trusted(tmp_path: Path) -> None:
    own, other = self_signed(tmp_path), self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    with KubernetesApi(calm_world(), tls=context) as api:
        (tmp_path / "token").write_text(api.token)

        def source(ca_file: str) -> KubernetesSource:
            config = {"url": api.url, "token_file": str(tmp_path / "token"), "ca_file": ca_file}
            return KubernetesSource(KubernetesConfig(**config))

        assert source(str(own)).identity() == UID
        for untrusted in (str(other), ""):
            with pytest.raises(SourceFailed, match="No safe connection"):
                source(untrusted).identity()
        assert len(api.requests) == 1


def test_a_token_from_the_environment(api: KubernetesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER_TOKEN", api.token)
    assert KubernetesSource(KubernetesConfig(url=api.url, token_variable="CLUSTER_TOKEN")).identity() == UID


@pytest.mark.parametrize("content", ["", "two words", "a\nb", "\N{SNOWMAN}"])
def test_a_token_file_without_one_token(api: KubernetesApi, tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.write_text(content)
    with pytest.raises(SourceFailed, match="does not hold one token"):
        KubernetesSource(KubernetesConfig(url=api.url, token_file=str(path))).identity()


@pytest.mark.parametrize("settings", [{"token_file": "/nowhere/token"}, {"ca_file": "/nowhere/ca.crt"}])
def test_files_that_are_not_there(api: KubernetesApi, settings: dict[str, Any]) -> None:
    with pytest.raises(SourceFailed, match="/nowhere/"):
        KubernetesSource(KubernetesConfig(url=api.url, **settings)).identity()


def test_in_cluster_needs_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(SourceFailed, match="does not run in a pod"):
        KubernetesSource(KubernetesConfig(in_cluster=True)).identity()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "exactly one of"),
        ({"url": "https://a.example.org", "in_cluster": True}, "exactly one of"),
        ({"url": "http://a.example.org"}, "use https"),
        ({"url": "ftp://a.example.org"}, "must begin with https"),
        ({"url": "https://"}, "name a host"),
        ({"url": "https://a:99999"}, "cannot be read"),
        ({"url": "https://ada:secret@a.example.org"}, "no user, password"),
        ({"in_cluster": True, "page_size": 0}, "must be positive"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceFailed, match=reason) as caught:
        KubernetesConfig(**settings)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "workload label", "workload label a b", "pod label team"])
def test_owner_rules_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="An owner rule is one of"):
        OwnerRule.parse(text)


def test_an_owner_rule_reads_what_it_writes() -> None:
    rule = OwnerRule("namespace annotation", "example.org/owner")
    assert OwnerRule.parse(str(rule)) == rule
