"""Serving the page on this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

from bokeh.application import Application
from bokeh.application.handlers import FunctionHandler
from bokeh.document import Document
from bokeh.resources import Resources
from bokeh.server.server import Server
from bokeh.server.util import match_host
from bokeh.server.views.static_handler import StaticHandler
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import PeriodicCallback
from tornado.web import RequestHandler

from lbhsweep.dashboard.derived import Deriver
from lbhsweep.dashboard.page import REFRESH_MS, Page
from lbhsweep.dashboard.watch import SweepWatch
from lbhsweep.errors import ClusterError
from lbhsweep.store.schema import Status

LOOPBACK = "127.0.0.1"


class Dashboard:
    """The page of a sweep on a port of this machine.

    Parameters
    ----------
    watch : SweepWatch
        Of the folder.
    port : int
        0 for any free one.
    hosts : sequence of str
        Names beside those of loopback by which browsers may ask for the page, behind a proxy;
        with any port, or one: ``hub.example.org``, ``hub.example.org:8000``.
    prefix : str
        Path that a proxy puts before the page's own and does not remove.

    Raises
    ------
    ClusterError
        If the port is taken.
    """

    def __init__(
        self, watch: SweepWatch, port: int = 0, *, hosts: Sequence[str] = (), prefix: str = ""
    ) -> None:
        self._watch = watch
        self._deriver = Deriver(watch.folder.path)
        self._pages: dict[str, Page] = {}
        self._now = watch.look()
        # Scripts are served from here, so that the page works without the internet.
        os.environ.setdefault("BOKEH_RESOURCES", "server")
        logging.getLogger("bokeh").setLevel(logging.ERROR)
        try:
            self._server = Server(
                {"/": Application(FunctionHandler(self._open))},
                address=LOOPBACK,
                port=port,
                prefix=prefix.strip("/"),
                allow_websocket_origin=[],
                unused_session_lifetime_milliseconds=10_000,
            )
        except OSError as error:
            self._deriver.close()
            raise ClusterError(
                f"port {port} of this machine: {error.strerror}; choose another with --port"
            ) from error
        self._prefix = self._server.prefix
        allowed = {host if ":" in host else f"{host}:*" for host in hosts}
        allowed |= {f"{host}:{self.port}" for host in (LOOPBACK, "localhost")}
        _harden(self._server._tornado, allowed)

    @property
    def port(self) -> int:
        """Port on which it is served."""
        return int(self._server.port or 0)

    @property
    def address(self) -> str:
        """Address on this machine."""
        return f"http://{LOOPBACK}:{self.port}{self._prefix}/"

    def run(self, on_start: Callable[[], None] = lambda: None) -> None:
        """Serve until Ctrl-C."""
        self._server.start()
        loop: Any = self._server.io_loop
        loop.add_callback(on_start)
        PeriodicCallback(self._look, REFRESH_MS).start()
        try:
            loop.start()
        finally:
            self._server.stop()
            self._deriver.close()

    def _look(self) -> None:
        # A file that is being replaced is read the next time.
        with contextlib.suppress(OSError):
            self._now = self._watch.look()
        counts = self._now.counts
        self._deriver.look(
            (id(self._now.cells), counts.get(Status.DONE, 0), counts.get(Status.FAILED, 0))
        )

    def _open(self, document: Document) -> None:
        page = Page(self._watch, self._deriver)
        page.attach(document, self._now)
        document.add_periodic_callback(lambda: page.show(self._now), REFRESH_MS)


class _WrongHost(RequestHandler):  # type: ignore[misc]
    """Refuses a request: another site's name that leads to this machine could read the page."""

    def prepare(self) -> None:
        self.set_status(403)
        self.finish(
            f"got the host {self.request.host!r}, wanted this machine's loopback address or a "
            "name given with --host\n"
        )


def _harden(application: Any, allowed: set[str]) -> None:
    """Answer allowed hosts only, and name scripts relative to the page.

    A proxy that puts a path before the page's own, as JupyterHub does, then finds them too.
    """
    application._websocket_origins.update(allowed)
    find_handler = application.find_handler

    def find_checked(request: HTTPServerRequest, **options: Any) -> Any:
        host = request.host if ":" in request.host else f"{request.host}:80"
        if any(match_host(host, pattern) for pattern in allowed):
            return find_handler(request, **options)
        return application.get_handler_delegate(request, _WrongHost)

    def relative(absolute_url: object = None) -> Resources:
        return Resources(mode="server", root_url="./", path_versioner=StaticHandler.append_version)

    application.find_handler, application.resources = find_checked, relative


def tunnel(port: int) -> str:
    """Return the command with which another machine reaches a port of this one."""
    return f"ssh -N -L {port}:{LOOPBACK}:{port} {socket.gethostname()}"
