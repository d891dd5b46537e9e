"""Files from CI: each kind is read with its lines, what points elsewhere is told."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from apps.tooling.manifests import Ecosystem, Manifest, read_manifest
from apps.tooling.manifests.images import image_name_and_tag, version_of_tag
from apps.tooling.vocabulary import Reason, meaning_of

Row = tuple[int, str, str | None, str | None]


def read(text: str, name: str = "") -> Manifest:
    return read_manifest(dedent(text).lstrip("\n").encode(), name)


def rows(manifest: Manifest) -> list[Row]:
    return [(each.line, each.name, each.version, each.specifier) for each in manifest.requirements]


def test_requirements_as_pip_reads_them() -> None:
    manifest = read(
        """
        # what the model needs
        -r base.txt
        --constraint limits.txt
        --index-url https://packages.example.com/simple
        NumPy==1.26.4  # pinned
        Scikit_Learn[alldeps]>=1.4,<2 ; python_version < "3.13"
        torch==2.3.0+cu121 \\
            --hash=sha256:aaaa \\
            --hash=sha256:bbbb
        ray
        mlflow @ https://files.example.com/mlflow.tar.gz
        https://files.example.com/wandb-0.17.0-py3-none-any.whl#sha256=cc
        -e git+https://code.example.com/tools.git@main#egg=our_tools
        -e .
        xgboost==2.*
        """
    )
    assert manifest.kind == "requirements.txt"
    assert rows(manifest) == [
        (5, "numpy", "1.26.4", None),
        (6, "scikit-learn", None, "<2,>=1.4"),
        (7, "torch", "2.3.0+cu121", None),
        (10, "ray", None, None),
        (11, "mlflow", None, None),
        (12, "wandb", "0.17.0", None),
        (13, "our-tools", None, None),
        (15, "xgboost", None, "==2.*"),
    ]
    assert [each.line for each in manifest.problems] == [2, 3, 14]
    assert "base.txt" in manifest.problems[0].sentence


@pytest.mark.parametrize("name", ["uv.lock", "sub/poetry.lock", "C:\\work\\pdm.lock", "pylock.toml", ""])
def test_locks_in_toml(name: str) -> None:
    table = "packages" if name == "pylock.toml" else "package"
    manifest = read(
        f"""
        version = 1

        [[{table}]]
        name = "our-service"
        version = "0.1.0"
        source = {{ editable = "." }}

        [[{table}]]
        name = "Jinja2"
        version = "3.1.4"
        source = {{ registry = "https://packages.example.com/simple" }}
        wheels = [{{ url = "https://packages.example.com/j.whl", size = 12 }}]

        [[{table}]]
        name = "zope.interface"
        version = "6.4"
        """,
        name,
    )
    assert rows(manifest) == [(8, "jinja2", "3.1.4", None), (14, "zope-interface", "6.4", None)]


def test_a_header_inside_of_a_text_points_to_no_wrong_line() -> None:
    manifest = read("[[package]]\nname = 'a'\nversion = '1'\ntext = '''\n[[package]]\n'''\n", "uv.lock")
    assert rows(manifest) == [(1, "a", "1", None)]


def test_the_lock_of_pipenv() -> None:
    text = json.dumps(
        {
            "_meta": {"sources": []},
            "default": {"Flask": {"version": "==3.0.3"}, "own": {"path": "."}},
            "develop": {"pytest": {"version": "==8.2.0"}},
        },
        indent=1,
    )
    assert rows(read(text)) == [
        (6, "flask", "3.0.3", None),
        (9, "own", None, None),
        (14, "pytest", "8.2.0", None),
    ]


def test_an_environment_of_conda_with_its_section_for_pip() -> None:
    manifest = read(
        """
        name: churn
        channels: [conda-forge]
        dependencies:
          - python=3.11
          - conda-forge::numpy=1.26.4=py311h64a7726_0
          - Scipy >=1.11,<2
          - pytorch==2.3.0
          - pip
          - pip:
            - wandb==0.17.0
            - -r more.txt
        """
    )
    assert rows(manifest) == [
        (4, "python", None, "==3.11.*"),
        (5, "numpy", "1.26.4", None),
        (6, "scipy", None, ">=1.11,<2"),
        (7, "pytorch", "2.3.0", None),
        (8, "pip", None, None),
        (10, "wandb", "0.17.0", None),
    ]
    ecosystems = [each.ecosystem for each in manifest.requirements]
    assert ecosystems == [Ecosystem.CONDA] * 5 + [Ecosystem.PYPI]
    assert [each.line for each in manifest.problems] == [11]


def test_package_json() -> None:
    text = """
        {
          "name": "dashboard",
          "dependencies": {
            "React": "18.3.1",
            "@scope/charts": "^4.0.0",
            "old": "npm:left-pad@1.3.0",
            "neighbour": "workspace:*",
            "fork": "someone/fork#main"
          },
          "devDependencies": {"vite": "~5.2"}
        }
        """
    assert rows(read(text)) == [
        (4, "react", "18.3.1", None),
        (5, "@scope/charts", None, "^4.0.0"),
        (6, "left-pad", "1.3.0", None),
        (7, "neighbour", None, None),
        (8, "fork", None, None),
        (10, "vite", None, "~5.2"),
    ]


@pytest.mark.parametrize("version", [2, 3])
def test_package_lock_of_today(version: int) -> None:
    packages = {
        "": {"name": "dashboard", "dependencies": {"react": "^18"}},
        "tools/own": {"version": "1.0.0"},
        "node_modules/own": {"resolved": "tools/own", "link": True},
        "node_modules/react": {"version": "18.3.1", "dependencies": {"loose": "^1"}},
        "node_modules/react/node_modules/@scope/loose": {"version": "1.4.0"},
        "node_modules/alias": {"name": "left-pad", "version": "1.3.0"},
    }
    text = json.dumps({"lockfileVersion": version, "packages": packages}, indent=1)
    found = rows(read(text, "package-lock.json"))
    assert [row[1:3] for row in found] == [
        ("react", "18.3.1"),
        ("@scope/loose", "1.4.0"),
        ("left-pad", "1.3.0"),
    ]
    lines = text.split("\n")
    assert ['"node_modules/' in lines[row[0] - 1] for row in found] == [True] * 3


def test_package_lock_of_version_1_nests() -> None:
    text = json.dumps(
        {
            "lockfileVersion": 1,
            "dependencies": {
                "a": {
                    "version": "1.0.0",
                    "requires": {"b": "^2"},
                    "dependencies": {"b": {"version": "2.0.0"}},
                },
                "b": {"version": "git+https://code.example.com/b.git#abc"},
            },
        },
        indent=1,
    )
    found = rows(read(text))
    assert sorted(row[1:3] for row in found if row[2]) == [("a", "1.0.0"), ("b", "2.0.0")]
    assert ("b", None) in [row[1:3] for row in found]
    lines = text.split("\n")
    assert all(f'"{row[1]}": {{' in lines[row[0] - 1] for row in found)


def test_the_lock_of_pnpm() -> None:
    text = """
        lockfileVersion: '9.0'
        importers:
          .:
            dependencies: {}
        packages:
          '@scope/charts@4.0.1(react@18.3.1)':
            resolution: {integrity: sha512-aa}
          react@18.3.1:
            resolution: {integrity: sha512-bb}
          /old/1.2.3:
            dev: true
        snapshots:
          react@18.3.1: {}
        """
    assert rows(read(text)) == [
        (6, "@scope/charts", "4.0.1", None),
        (8, "react", "18.3.1", None),
        (10, "old", "1.2.3", None),
    ]


def test_the_locks_of_yarn() -> None:
    first = """
        # yarn lockfile v1

        "@scope/charts@^4.0.0", "@scope/charts@^4.0.1":
          version "4.0.1"
          dependencies:
            react "^18"

        react@^18:
          version "18.3.1"
        """
    later = """
        __metadata:
          version: 8

        "react@npm:^18":
          version: 18.3.1
          resolution: "react@npm:18.3.1"

        "own@workspace:.":
          version: 0.0.0-use.local
        """
    assert rows(read(first)) == [(3, "@scope/charts", "4.0.1", None), (8, "react", "18.3.1", None)]
    assert rows(read(later, "yarn.lock")) == [(4, "react", "18.3.1", None)]


def test_a_list_of_images() -> None:
    digest = "sha256:" + "ab" * 32
    manifest = read(
        f"""
        # the namespace's images
        registry.example.com:5000/ml/serving:2.9.0-slim
        docker.io/library/python:3.11.4
        library/Python:3.11
        ghcr.io/org/tool@{digest}
        org/tool:v1.2.3-rc.1@{digest}
        localhost:5000/bare
        """
    )
    assert manifest.kind == "images"
    assert [row[:3] for row in rows(manifest)] == [
        (2, "registry.example.com:5000/ml/serving", "2.9.0"),
        (3, "python", "3.11.4"),
        (4, "python", None),
        (5, "ghcr.io/org/tool", None),
        (6, "org/tool", "1.2.3-rc.1"),
        (7, "localhost:5000/bare", None),
    ]


def test_the_tag_of_an_image() -> None:
    assert image_name_and_tag("host:5000/a/b") == ("host:5000/a/b", None)
    assert image_name_and_tag("a b") == (None, None)
    tags = ("2.9.0", "v2.9.0-gpu", "2.9.0-beta2", "latest", "3.11", None)
    assert [version_of_tag(each) for each in tags] == ["2.9.0", "2.9.0", "2.9.0-beta2", None, None, None]


def test_a_tag_that_names_no_release_is_told_and_asked_for() -> None:
    found = read_manifest(
        b"ghcr.io/a/b:0.7\nghcr.io/a/b:latest\nghcr.io/a/b:1.2.3\n", "images.txt"
    ).requirements
    assert [(each.version, each.specifier, each.said) for each in found] == [
        (None, "0.7", "0.7"),
        (None, "latest", ""),
        ("1.2.3", None, ""),
    ]
    sentence = meaning_of(Reason.UNKNOWN_VERSION, found[0].specifier)
    assert '"0.7" does not say which patch release' in sentence
    assert "missing" in meaning_of(Reason.UNKNOWN_VERSION, None)


def test_the_base_images_of_a_dockerfile() -> None:
    manifest = read(
        """
        ARG BASE=python:3.11.4
        FROM --platform=linux/amd64 python:3.11.4-slim AS build
        RUN pip install \\
            FROM-nothing
        from build as test
        FROM ${BASE}
        FROM scratch
        FROM \\
            nvidia/cuda:12.4.1-base
        """
    )
    assert [row[:3] for row in rows(manifest)] == [(2, "python", "3.11.4"), (8, "nvidia/cuda", "12.4.1")]
    assert [each.line for each in manifest.problems] == [6]


def test_an_empty_file_asks_for_nothing() -> None:
    assert read_manifest(b"").requirements == ()


def test_text_of_a_windows_shell_is_read() -> None:
    assert rows(read_manifest("numpy==1.26.4\r\nray==2.9.0\r\n".encode("utf-16"))) == [
        (1, "numpy", "1.26.4", None),
        (2, "ray", "2.9.0", None),
    ]
    assert rows(read_manifest(b"\xef\xbb\xbfnumpy==1.26.4\r"))[0][:3] == (1, "numpy", "1.26.4")
