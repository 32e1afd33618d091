"""Workers of this machine that Dask has given up are restarted.

Dask restarts a killed worker, but closes it permanently if it isn't back within
``lost-worker-timeout`` (a busy machine takes longer).  It never restarts a worker that was killed
while it started.
"""

from __future__ import annotations

import time
from typing import Any

from distributed import Client, LocalCluster

EVERY_S = 5.0
_CLOSE_S = 5.0


class LocalWorkers:
    """Keeps the number of workers of a local cluster; does nothing for other clusters.

    Parameters
    ----------
    client : Client
        Client of the cluster.
    """

    def __init__(self, client: Client) -> None:
        cluster = client.cluster
        self._cluster: Any = cluster if isinstance(cluster, LocalCluster) else None
        self._next = time.monotonic() + EVERY_S

    def restart_lost(self, n_workers: int) -> None:
        """Restart lost workers; cheap, checks every few seconds at most.

        Parameters
        ----------
        n_workers : int
            Workers now.
        """
        now = time.monotonic()
        if self._cluster is None or now < self._next:
            return
        self._next = now + EVERY_S
        if n_workers < len(self._cluster.worker_spec):
            self._cluster.loop.add_callback(self._restart)

    async def _restart(self) -> None:
        workers = self._cluster.workers
        for name in [name for name, nanny in workers.items() if not nanny.is_alive()]:
            # Its process died while it started; Dask's nanny does nothing then.
            nanny = workers.pop(name)
            await nanny.close(timeout=_CLOSE_S)
        # Starts those that were removed.
        self._cluster.scale(len(self._cluster.worker_spec))
