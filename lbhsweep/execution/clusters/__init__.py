"""From a cluster file to a running Dask cluster, and checks and forecasts of one."""
