"""Exit code 0 when ``/health/ready`` on this container's own port says 200, else 1: a container's health check.

``python -I healthy.py PORT``. Needs the standard library only, because it runs every few seconds.
"""

import http.client
import sys

_ANSWER_WITHIN_S = 8


def main() -> int:
    """What the process exits with."""
    asked = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=_ANSWER_WITHIN_S)
    try:
        asked.request("GET", "/health/ready")
        answer = asked.getresponse()
        print(answer.status, answer.read(2000).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        print(f"does not answer: {error}")
        return 1
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
