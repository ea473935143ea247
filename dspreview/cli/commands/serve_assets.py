"""`dspreview serve-assets`: the cache over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.cli.viewer import show
from dspreview.store import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Serve the cache over HTTP: a page to look at, assets, and JSON endpoints (docs/serve.md). "
    "It answers from the cache alone; `dspreview warm` and `refresh` fill it. Prints its address; Ctrl-C stops it."
)
@with_common
def serve_assets(
    call: Call,
    *,
    host: Annotated[str | None, typer.Option("--host", metavar="NAME", help="[env: APP_HOSTNAME]")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="0 is any free one. [env: APP_PORT]")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    include_gated: Annotated[
        bool, typer.Option("--include-gated", help="Show gated and private datasets to other machines too.")
    ] = False,
    writable: Annotated[
        bool, typer.Option("--writable", help="Take POST /webhook and /refresh-split, with WEBHOOK_SECRET.")
    ] = False,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option("--allow-origin", metavar="URL", help="A site whose scripts may read all of it; * is every site."),
    ] = None,
) -> int:
    """Answer `serve-assets`."""
    settings = call.settings
    if call.format not in {"table", "json"}:
        raise errors.UsageError(
            f"--format {call.format} is not for serve-assets; it prints an address, or with --json an object"
        )
    if writable and not settings.webhook_secret:
        raise errors.SettingsError(
            "--writable: set WEBHOOK_SECRET in the environment, which X-Webhook-Secret must repeat"
        )
    if settings.app_port > 65_535:
        raise errors.SettingsError(f"APP_PORT: {settings.app_port} is no port; they end at 65535")
    Store(settings, must_open=True).close()  # what is wrong with it is told before anything listens
    from dspreview.serve.options import ServeOptions, is_loopback
    from dspreview.serve.server import address_of, listen, serve  # uvicorn, 0.2 s

    name = host or settings.app_hostname
    options = ServeOptions.make(
        settings,
        name,
        restricted=include_gated or is_loopback(name),
        writable=writable,
        secret=settings.webhook_secret,
        origins=tuple(allow_origin or ()),
    )
    sockets = listen(name, settings.app_port if port is None else port)
    address = address_of(name, sockets)
    output.write(call, Answer.of({"url": address}, ["url"], [{"url": address}], lambda: f"{address}\n"))
    call.warn("Ctrl-C stops it")
    if open_ and not show(address):
        call.warn(f"no browser here shows {address}")
    return (
        errors.EXIT_INTERRUPTED
        if serve(options, sockets, settings.web_concurrency, verbose=call.verbose)
        else errors.EXIT_OK
    )
