"""The browser is that of the pages."""

from tests.browser.conftest import browser  # noqa: F401 - pytest finds it by its name here
