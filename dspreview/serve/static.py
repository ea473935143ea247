"""The style, script and icon of the pages: read once, named by their content, kept by browsers for long."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

TYPES = {"style.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"


class Static:
    """These files."""

    def __init__(self) -> None:
        folder = files("dspreview.serve") / "static"
        self.files = {name: (folder / name).read_bytes() for name in TYPES}
        self.names = {name: f"{sha256(data).hexdigest()[:12]}-{name}" for name, data in self.files.items()}

    def url(self, name: str) -> str:
        """Where a file is found, as long as it is this one."""
        return f"/static/{self.names[name]}"

    def routes(self) -> list[Route]:
        """Paths and what answers them."""
        return [Route("/static/{name}", self.respond), Route("/favicon.ico", self.icon)]

    async def respond(self, request: HttpRequest) -> Response:
        """A file."""
        name = request.path_params["name"].partition("-")[2]
        if name not in self.files:
            return PlainTextResponse("Not Found", 404)
        return Response(self.files[name], media_type=TYPES[name], headers={"cache-control": FOREVER})

    async def icon(self, request: HttpRequest) -> Response:
        """What browsers ask for unasked."""
        del request
        return Response(self.files["icon.svg"], media_type=TYPES["icon.svg"], headers={"cache-control": FOREVER})
