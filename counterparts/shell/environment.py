"""The environment of a counterpart process, read without importing Django."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent.parent
PRACTICE_SECRET = "practice-only-counterpart-secret"


class BadEnvironment(Exception):
    """A variable is missing or malformed; the text names it and says what to set."""


def mode() -> str:
    value = os.environ.get("PORTAGE_MODE") or "practice"
    if value not in {"practice", "test", "production"}:
        raise BadEnvironment(f"PORTAGE_MODE is '{value}': use practice, test or production.")
    return value


def required_in_production(name: str, *, default: str) -> str:
    value = os.environ.get(name, "")
    if value:
        return value
    if mode() == "production":
        raise BadEnvironment(f"{name} is missing. Set it in the environment before starting in production mode.")
    return default


def shared_secret() -> str:
    """What the portal and its counterparts know in common; in practice mode both have the same default."""
    return required_in_production("COUNTERPART_SECRET", default=PRACTICE_SECRET)


def web_address(name: str, *, default: str) -> str:
    """An address of the form scheme://host[:port], without a path."""
    value = required_in_production(name, default=default).rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query):
        raise BadEnvironment(f"{name} is '{value}': it must look like https://host or http://host:port.")
    return value


def optional_address(name: str) -> str:
    return web_address(name, default="") if os.environ.get(name) else ""


def var_dir() -> Path:
    """Where this process keeps its database and keys; never under version control."""
    folder = Path(os.environ.get("COUNTERPART_VAR") or BASE_DIR / "var" / "counterparts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def allowed_hosts(*addresses: str) -> list[str]:
    """The local names, the hosts of our own public addresses, and what COUNTERPART_HOSTS adds."""
    hosts = ["localhost", "127.0.0.1", "[::1]", ".localhost"]
    hosts += [urlsplit(address).hostname or "" for address in addresses if address]
    hosts += os.environ.get("COUNTERPART_HOSTS", "").split(",")
    return [host.strip() for host in hosts if host.strip()]


def kept_text(path: Path, make: Callable[[], str]) -> str:
    """The text of a file that the first process to need it creates; two that start together agree on one."""
    if not path.exists():
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(make())
            with contextlib.suppress(FileExistsError):
                os.link(name, path)
        finally:
            os.unlink(name)
    return path.read_text(encoding="utf-8")


def random_key() -> str:
    return secrets.token_urlsafe(60)


def outage_file(folder: Path, name: str) -> Path:
    """The switch of a simulated outage: while the file exists the counterpart answers 503."""
    return folder / f"{name}.outage"
