"""The one place that calls the portal."""

import time
import urllib.error
import urllib.request

from django.conf import settings

from counterparts.bank.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_of

TIMEOUT_SECONDS = 2.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """A redirect is an answer the portal should not give; following it would post the event elsewhere."""


_opener = urllib.request.build_opener(_NoRedirect)


def tell_portal(body: str) -> tuple[bool, str]:
    """Posts one signed event; whether the portal took it, and its answer in a few words."""
    data = body.encode()
    timestamp = str(int(time.time()))
    request = urllib.request.Request(
        settings.PORTAL_INTERNAL_URL + settings.WEBHOOK_PATH,
        data=data,
        method="POST",
        headers={
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature_of(secret=settings.COUNTERPART_SECRET, timestamp=timestamp, body=data),
        },
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return 200 <= answer.status < 300, str(answer.status)
    except urllib.error.HTTPError as error:
        return False, str(error.code)
    except OSError as error:
        return False, str(error)[:200]
