"""What a contributor can run: `nox -l` lists it, `nox -s NAME` runs it."""

from __future__ import annotations

from pathlib import Path

import nox

QUICK = ["lint", "types", "imports", "docs", "examples"]
"""What CI runs beside the tests, in their environment."""
nox.options.sessions = ["tests", *QUICK]
nox.options.reuse_existing_virtualenvs = True
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
WRITERS = [
    "polars==2.1.0", "duckdb==2.0.1", "fastparquet==2026.9.0", "pandas==3.1.1", "geopandas==1.2.0", "pyogrio==0.13.0",
    "pyarrow==26.0.1", "bson==0.5.10", "numpy==2.4.6",
]  # fmt: skip
"""Of tests/corpus; those in JavaScript are in its package.json."""


def install(session: nox.Session, *groups: str) -> None:
    """dspreview itself, and groups of tools."""
    session.install("-e", ".", *[word for group in groups for word in ("--group", group)])


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole test suite, with the newest dependencies."""
    install(session, "test")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def minimums(session: nox.Session) -> None:
    """The test suite with the lowest versions of the dependencies that pyproject.toml allows."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    lines = project["dependencies"] + [line for extra in project["optional-dependencies"].values() for line in extra]
    lowest = [line.replace(">=", "==").split(",")[0] for line in lines]
    session.install(*lowest)
    install(session, "test")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def odd(session: nox.Session) -> None:
    """The test suite from a folder with spaces and other letters, without a locale, in a narrow terminal, with a closed home."""
    place = Path(session.create_tmp()).resolve() / "ein Ördner 数据 'x'"
    session.run("rm", "-rf", str(place), external=True)
    session.run("git", "clone", "-q", ".", str(place), external=True)
    session.chdir(place)
    session.install(".", "--group", "test")  # Python itself does not start with an editable install there and LC_ALL=C
    env = {"LANG": "C", "LC_ALL": "C", "COLUMNS": "60", "HOME": "/dev/null", "TMPDIR": str(place.parent)}
    session.run("pytest", "-n", "auto", *session.posargs, env=env)


@nox.session
def coverage(session: nox.Session) -> None:
    """The test suite with coverage, that of the program's own processes included."""
    install(session, "test")
    session.run("coverage", "run", "-m", "pytest", "-n", "0", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and spelling."""
    install(session, "lint")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("codespell")
    session.run("vulture")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    install(session, "test", "lint")
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Who imports whom."""
    install(session, "lint")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """The generated pages are those of the code; `-- --write` makes them so."""
    install(session)
    session.run("python", "docs/make_reference.py", *(session.posargs or ["--check"]))


@nox.session
def examples(session: nox.Session) -> None:
    """The datasets of the docs are in order."""
    install(session)
    folders = sorted(f"./{path.parent}" for path in Path().glob("docs/examples/*/README.md"))
    session.run("dspreview", "check", *folders, "--all-rows", "--fail-on", "warning")


@nox.session
def bench(session: nox.Session) -> None:
    """Speed against what users would type instead; writes docs/performance.md."""
    install(session, "bench")
    session.run("python", "-m", "tests.benchmarks.run", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """The pages in a headless Chromium, which must be installed; `-- --shots` also takes the pictures of docs/page.md."""
    install(session, "browser")
    shots = "--shots" in session.posargs
    words = [word for word in session.posargs if word != "--shots"]
    session.run("pytest", "-o", "addopts=-ra --import-mode=importlib", "tests/browser", *words)
    if shots:
        session.run("python", "-m", "tests.browser.shots")


@nox.session
def notebook(session: nox.Session) -> None:
    """A split in JupyterLab, light and dark, in a headless Chromium, which must be installed."""
    install(session, "notebook")
    session.run("pytest", "-o", "addopts=-ra --import-mode=importlib", "tests/notebook", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """`serve-assets` under load, with wrk, which must be installed; writes its part of docs/performance.md."""
    install(session, "test")
    session.run("python", "-m", "tests.benchmarks.load", *session.posargs)


@nox.session
def caches(session: nox.Session) -> None:
    """Commands over the whole cache, with 20,000 and 200,000 datasets; writes its part of docs/performance.md."""
    install(session, "test")
    session.run("python", "-m", "tests.benchmarks.caches", *session.posargs)


@nox.session
def scale(session: nox.Session) -> None:
    """How a cluster grows, and what the one writer takes; writes its part of docs/scale.md. Six minutes."""
    install(session, "test")
    session.run("python", "-m", "tests.benchmarks.scale", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """The wheel: built, checked, and alone in a fresh environment."""
    session.install("build", "twine", "check-wheel-contents")
    out = Path(session.create_tmp()) / "dist"
    session.run("rm", "-rf", str(out), external=True)
    session.run("python", "-m", "build", "--outdir", str(out))
    session.run("twine", "check", "--strict", *map(str, out.iterdir()))
    session.run("check-wheel-contents", *map(str, out.glob("*.whl")))
    session.run("python", "-m", "tests.wheel", str(out))


@nox.session
def fuzz(session: nox.Session) -> None:
    """Datasets after accidents, for as many seconds as one likes: `nox -s fuzz -- 600`."""
    install(session, "test")
    session.run("python", "-m", "tests.fuzz.run", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """2,000 datasets, 4 workers, a kill a second: `nox -s soak -- --seed N`."""
    install(session, "test")
    session.run("python", "-m", "tests.soak.run", *session.posargs)


@nox.session
def differential(session: nox.Session) -> None:
    """Random tables in all commands against pyarrow and plain Python: `-- --seed N --tables N`; `--folders N`: verdicts against `load_dataset`."""
    install(session, "test")
    session.run("python", "-m", "tests.agreement", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Whether the tests notice small faults of the program: `nox -s mutants -- --seed N --sample 200`. Hours; not in CI."""
    install(session, "test")
    session.run("python", "-m", "tests.mutants", *session.posargs)


@nox.session
def corpus(session: nox.Session) -> None:
    """Files of little-used writers, of these versions, into tests/corpus; needs Node.js and npm."""
    session.install(*WRITERS)
    javascript = Path(session.create_tmp()).resolve() / "javascript"
    session.run("rm", "-rf", str(javascript), external=True)
    javascript.mkdir()
    session.run("cp", "tests/corpus/package.json", str(javascript), external=True)
    session.run("npm", "install", "--no-audit", "--no-fund", "--prefix", str(javascript), external=True)
    session.run("python", "-m", "tests.corpus.make", "--javascript", str(javascript), *session.posargs)
