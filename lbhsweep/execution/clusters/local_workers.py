"""Workers of this machine that Dask gave up are started again.

Dask starts a killed worker anew, but closes it for good if it isn't back within
``lost-worker-timeout`` (a busy machine takes longer), and never looks again after one that was
killed while it started.
"""

from __future__ import annotations

import time
from typing import Any

from distributed import Client, LocalCluster

EVERY_S = 5.0
_CLOSE_S = 5.0


class LocalWorkers:
    """Keeps a local cluster at its number of workers; any other cluster is left alone.

    Parameters
    ----------
    client : Client
        Of the cluster.
    """

    def __init__(self, client: Client) -> None:
        cluster = client.cluster
        self._cluster: Any = cluster if isinstance(cluster, LocalCluster) else None
        self._next = time.monotonic() + EVERY_S

    def mend(self, n_workers: int) -> None:
        """Start again what is lost; cheap, looks every few seconds at most.

        Parameters
        ----------
        n_workers : int
            Workers that there are now.
        """
        now = time.monotonic()
        if self._cluster is None or now < self._next:
            return
        self._next = now + EVERY_S
        if n_workers < len(self._cluster.worker_spec):
            self._cluster.loop.add_callback(self._start_again)

    async def _start_again(self) -> None:
        workers = self._cluster.workers
        for name in [name for name, nanny in workers.items() if not nanny.is_alive()]:
            # Its process died before it had come up; Dask's nanny waits for nothing then.
            nanny = workers.pop(name)
            await nanny.close(timeout=_CLOSE_S)
        # Opens those of which nothing is left.
        self._cluster.scale(len(self._cluster.worker_spec))
