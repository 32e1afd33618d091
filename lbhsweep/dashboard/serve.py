"""Serving the page on this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable
from typing import Any

from bokeh.application import Application
from bokeh.application.handlers import FunctionHandler
from bokeh.document import Document
from bokeh.server.server import Server
from tornado.ioloop import PeriodicCallback

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

    Raises
    ------
    ClusterError
        If the port is taken.
    """

    def __init__(self, watch: SweepWatch, port: int = 0) -> None:
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
                allow_websocket_origin=[],
                unused_session_lifetime_milliseconds=10_000,
            )
        except OSError as error:
            self._deriver.close()
            raise ClusterError(
                f"port {port} of this machine: {error.strerror}; choose another with --port"
            ) from error
        for host in (LOOPBACK, "localhost"):
            self._server._tornado._websocket_origins.add(f"{host}:{self.port}")

    @property
    def port(self) -> int:
        """Port on which it is served."""
        return int(self._server.port or 0)

    @property
    def address(self) -> str:
        """Address on this machine."""
        return f"http://{LOOPBACK}:{self.port}/"

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
        self._deriver.look((counts.get(Status.DONE, 0), counts.get(Status.FAILED, 0)))

    def _open(self, document: Document) -> None:
        page = Page(self._watch, self._deriver)
        page.attach(document, self._now)
        document.add_periodic_callback(lambda: page.show(self._now), REFRESH_MS)


def tunnel(port: int) -> str:
    """Return the command with which another machine reaches a port of this one."""
    return f"ssh -N -L {port}:{LOOPBACK}:{port} {socket.gethostname()}"
