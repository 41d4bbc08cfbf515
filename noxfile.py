"""The tests on every Python that is supported, against the built wheel."""

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["tests"]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the tests on an installed wheel; arguments go to pytest."""
    session.install(".[dev]")
    # The docstrings in src are left out: they would be imported from there, not from the wheel.
    everything = ["-n", "logical", "tests", "docs", "README.md"]
    session.run("pytest", *(session.posargs or everything))
