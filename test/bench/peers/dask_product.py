"""A product from Zarr to Zarr on a LocalCluster: prints seconds of imports and start-up, of the product, and of both."""
import json
import sys
import time

started = time.time()


def main() -> None:
    import dask.array as da
    from dask.distributed import Client, LocalCluster

    workers, threads, a, b, c = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:6]
    with LocalCluster(
        n_workers=workers, threads_per_worker=threads, processes=True, dashboard_address=None
    ) as cluster, Client(cluster):
        ready = time.time()
        (da.from_zarr(a) @ da.from_zarr(b)).to_zarr(c, overwrite=True, compressor=None)
        ended = time.time()
    print(json.dumps({"start": ready - started, "product": ended - ready}))


if __name__ == "__main__":
    main()
