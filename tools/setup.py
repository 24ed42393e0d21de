#!/usr/bin/env python3
"""Makes the private virtual environment ``.venv`` and fills it from ``uv.lock``.

``python3 tools/setup.py run`` installs what the demo needs, ``python3 tools/setup.py dev`` the tests' tools as well,
``python3 tools/setup.py bench`` also what the benchmarks measure against. It uses
the standard library alone, does nothing when everything is up to date and needs no other program than python3.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".portage-setup"
#: Each kind has all that stands before it.
UV_GROUPS: dict[str, list[str]] = {"run": ["--no-dev"], "dev": [], "bench": ["--group", "bench"]}
OLDEST, NEWEST = (3, 11), (3, 13)


def say(message: str) -> None:
    print(message, flush=True)


def stop(message: str) -> None:
    say(message)
    sys.exit(1)


def wanted_stamp(kind: str) -> str:
    """What the stamp file holds when ``kind`` is installed: a new lock file or another Python makes it stale."""
    lock = hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()
    return f"{kind} {sys.version_info.major}.{sys.version_info.minor} {lock}"


def is_up_to_date(kind: str) -> bool:
    if not STAMP.is_file() or not (VENV / "bin" / "python").exists():
        return False
    stamp = STAMP.read_text(encoding="utf-8").strip()
    kinds = list(UV_GROUPS)
    return stamp in map(wanted_stamp, kinds[kinds.index(kind) :])


def check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        stop(
            f"Portage needs Python 3.11, 3.12 or 3.13, and this is {sys.version_info.major}.{sys.version_info.minor}. "
            "Name another one like this: make PYTHON=python3.12 demo"
        )


def has_venv_module() -> bool:
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def ensure_venv_module() -> None:
    """Debian splits ``ensurepip`` off into python3-venv; root may install it, anybody else is told the one command."""
    if has_venv_module():
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing python3-venv with apt-get ...")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=environment, stdin=subprocess.DEVNULL, check=False)
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
        importlib.invalidate_caches()
    if not has_venv_module():
        told = "  sudo " + " ".join(command)
        stop(f"Python's venv module is missing. Install it with this command, then start again:\n\n{told}")


def make_venv() -> Path:
    """The environment's interpreter; one left broken by a moved or removed Python is made anew."""
    python = VENV / "bin" / "python"
    works = python.exists() and subprocess.run([python, "-c", "import sys"], check=False).returncode == 0
    if not works:
        ensure_venv_module()
        say("Making the private virtual environment .venv ...")
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    return python


def find_uv(python: Path) -> list[str] | None:
    """A working uv: the one on the path, the environment's own, or one that pip can install; None without any."""
    inside = str(VENV / "bin" / "uv")
    for candidate in (inside, shutil.which("uv")):
        if candidate and Path(candidate).exists():
            tried = subprocess.run([candidate, "--version"], capture_output=True, check=False)
            if tried.returncode == 0:
                return [candidate]
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        subprocess.run([python, "-m", "ensurepip", "--default-pip"], capture_output=True, check=False)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    installed = subprocess.run([*pip, "uv"], check=False, capture_output=True)
    return [inside] if installed.returncode == 0 and Path(inside).exists() else None


def install_with_uv(uv: list[str], kind: str) -> bool:
    command = [*uv, "sync", "--frozen", "--inexact", "--quiet", *UV_GROUPS[kind]]
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("VIRTUAL_ENV", None)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def locked_versions(lock_text: str) -> list[str]:
    """``name==version`` of every package that the lock holds in one version only, as constraints for pip."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(
        r'^\[\[package\]\]\nname = "([^"]+)"\nversion = "([^"]+)"', lock_text, re.MULTILINE
    ):
        versions.setdefault(name, set()).add(version)
    return [f"{name}=={min(found)}" for name, found in sorted(versions.items()) if len(found) == 1]


def install_with_pip(python: Path, kind: str) -> bool:
    import tomllib  # noqa: PLC0415 - an older Python must get as far as the message that refuses it

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = list(project["project"]["dependencies"])
    for group in ("dev", "bench") if kind == "bench" else ("dev",) if kind == "dev" else ():
        packages += project["dependency-groups"][group]
    constraints = VENV / "constraints.txt"
    constraints.write_text("\n".join(locked_versions((ROOT / "uv.lock").read_text(encoding="utf-8"))) + "\n")
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(constraints)]
    return subprocess.run([*command, *packages], check=False).returncode == 0


def compile_translations(python: Path) -> None:
    """Every .po newer than its .mo is compiled with Babel: Debian's gettext need not be there."""
    stale = [
        po
        for po in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")) + sorted(ROOT.glob("counterparts/**/LC_MESSAGES/*.po"))
        if not po.with_suffix(".mo").exists() or po.with_suffix(".mo").stat().st_mtime < po.stat().st_mtime
    ]
    if stale:
        say("Compiling the translations ...")
        subprocess.run([str(python), str(ROOT / "tools" / "translations.py"), "compile", *map(str, stale)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "kind", choices=list(UV_GROUPS), help="run: what the demo needs; dev: also the tests'; bench: all"
    )
    kind = parser.parse_args().kind
    check_python()
    python = VENV / "bin" / "python"
    if not is_up_to_date(kind):
        python = make_venv()
        uv = find_uv(python)
        say(f"Installing the packages of uv.lock with {'uv' if uv else 'pip'} ...")
        done = bool(uv) and install_with_uv(uv or [], kind)
        if not done and not install_with_pip(python, kind):
            stop("The packages could not be installed: see the message above. Is there a way to a package index?")
        STAMP.write_text(wanted_stamp(kind) + "\n", encoding="utf-8")
    compile_translations(python)


if __name__ == "__main__":
    main()
