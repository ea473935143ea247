"""`python minhash.py FILE FOLDER`: near duplicates by datatrove's MinHash, its four stages as its documentation has them, in two processes."""

from __future__ import annotations

import sys
from typing import Any

from datatrove.executor import LocalPipelineExecutor  # type: ignore[import-not-found] # in an environment of its own
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature  # type: ignore[import-not-found] # in an environment of its own
from datatrove.pipeline.dedup.minhash import MinhashConfig  # type: ignore[import-not-found] # in an environment of its own
from datatrove.pipeline.readers import ParquetReader  # type: ignore[import-not-found] # in an environment of its own
from datatrove.pipeline.writers import JsonlWriter  # type: ignore[import-not-found] # in an environment of its own
from datatrove.utils.hashing import HashConfig  # type: ignore[import-not-found] # in an environment of its own

if __name__ == "__main__":
    file, folder = sys.argv[1:]
    source, _, name = file.rpartition("/")
    config = MinhashConfig(hash_config=HashConfig(precision=64), n_grams=3, num_buckets=14, hashes_per_bucket=8)

    def reader() -> Any:
        """The texts."""
        return ParquetReader(source, glob_pattern=name, text_key="text", id_key="id")

    def run(pipeline: list[Any], tasks: int) -> None:
        """One stage."""
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=tasks, workers=2, skip_completed=False, logging_dir=f"{folder}/logs"
        ).run()

    signatures, buckets, removed = f"{folder}/signatures", f"{folder}/buckets", f"{folder}/removed"
    run([reader(), MinhashDedupSignature(output_folder=signatures, config=config)], 1)
    run([MinhashDedupBuckets(input_folder=signatures, output_folder=buckets, config=config)], config.num_buckets)
    run([MinhashDedupCluster(input_folder=buckets, output_folder=removed, config=config)], 1)
    run([reader(), MinhashDedupFilter(input_folder=removed, exclusion_writer=JsonlWriter(f"{folder}/written"))], 1)
