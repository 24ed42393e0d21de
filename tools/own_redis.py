"""A pytest plugin: each worker of a run in parallel has a Redis database of its own.

An empty cache is one test's ground rule, and Redis empties a database for everybody who shares it. Redis has sixteen;
worker ``gw3`` takes the fourth. Named with ``-p``, the plugin is read before the settings are.
"""

import os


def own_database(url: str, worker: str) -> str:
    """``redis://host/0`` of worker ``gw3`` is ``redis://host/3``; without a worker or a Redis the address stays."""
    if not worker.startswith("gw") or not url:
        return url
    return f"{url.rsplit('/', 1)[0]}/{int(worker.removeprefix('gw'))}"


if "REDIS_URL" in os.environ:
    os.environ["REDIS_URL"] = own_database(os.environ["REDIS_URL"], os.environ.get("PYTEST_XDIST_WORKER", ""))
