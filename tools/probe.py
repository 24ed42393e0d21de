#!/usr/bin/env python3
"""Health checks inside the containers: an address that must answer, or a file that must have been written lately."""

import argparse
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

TIMEOUT_SECONDS = 4


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: following it would leave the container."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def answers(url: str, host: str) -> bool:
    """Whether the address answers 2xx or 3xx directly, past any proxy of the environment, under the given host name."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())
    headers = {"X-Forwarded-Proto": "https", **({"Host": host} if host else {})}
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 400
    except OSError:
        return False


def is_fresh(path: Path, seconds: float, now: float) -> bool:
    """Whether the file, or one that a database library made of that name, was written in the last ``seconds``."""
    files = [path, *path.parent.glob(f"{path.name}*")]
    return any(file.is_file() and now - file.stat().st_mtime <= seconds for file in files)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", type=float, metavar="SECONDS", help="the target is a file of at most this age")
    parser.add_argument("target")
    options = parser.parse_args()
    if options.fresh is not None:
        return 0 if is_fresh(Path(options.target), options.fresh, time.time()) else 1
    # Only the portal is given ALLOWED_HOSTS; it refuses names that are not in that list.
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip()
    return 0 if answers(options.target, host) else 1


if __name__ == "__main__":
    sys.exit(main())
