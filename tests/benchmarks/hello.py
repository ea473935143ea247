"""A hello-world Typer program: what a command line costs before it does anything."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def hello(name: Annotated[str, typer.Option(help="Whom to greet.")] = "world") -> None:
    """Greet."""
    typer.echo(f"hello {name}")


@app.command()
def goodbye(name: Annotated[str, typer.Option(help="Whom to leave.")] = "world") -> None:
    """Leave."""
    typer.echo(f"goodbye {name}")


if __name__ == "__main__":
    app()
