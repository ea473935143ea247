"""A Hub that knows names only: `python -m tests.benchmarks.makers.hub COUNT` prints its address and serves until killed."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 1_000


def main() -> None:
    """Serve."""
    count = int(sys.argv[1])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def do_GET(self) -> None:
            """A page of names, and where the next one is."""
            start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
            numbers = range(start, min(start + PAGE, count))
            items = [{"_id": f"{n:024x}", "id": f"owner-{n % 9_973}/dataset-{n}", "private": False} for n in numbers]
            body = json.dumps(items).encode()
            self.send_response(200)
            if start + PAGE < count:
                self.send_header(
                    "Link", f'<http://{self.headers["Host"]}/api/datasets?cursor={start + PAGE}>; rel="next"'
                )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
