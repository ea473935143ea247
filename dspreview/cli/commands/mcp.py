"""`dspreview mcp`: the same answers over the Model Context Protocol, read-only, on stdin and stdout."""

from __future__ import annotations

import typer

from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.errors import EXIT_OK, MissingPackageError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Answer agents over the Model Context Protocol on stdin and stdout; read-only. Needs dspreview-cli[mcp]."
)
@with_common
def mcp(call: Call) -> int:
    """Answer `mcp`."""
    try:
        from dspreview.cli.mcp_server import make_server
    except ModuleNotFoundError as error:
        raise MissingPackageError.of("the Model Context Protocol", "mcp") from error
    make_server(call.settings).run()
    return EXIT_OK
