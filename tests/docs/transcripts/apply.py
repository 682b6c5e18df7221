"""``python -m tests.docs.transcripts.apply FILE …``: as ``kubectl apply -f``, for who has no kubectl."""

import asyncio
import os
import sys
from pathlib import Path

from triggerfish.kube.cluster import Cluster
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish_laptop.dev import manifests


async def main(paths: list[str]) -> None:
    cluster = await Cluster.open(Settings(kubeconfig=os.environ["KUBECONFIG"]), Clock())
    try:
        for manifest in manifests.read(*map(Path, paths)):
            await manifests.apply(cluster.own, manifest)
    finally:
        await cluster.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
