"""``make test-real``: see that there is a real API server, then run the tests that need one.

Exit code 3: there is none, and none can be built.
"""

import os
import sys

import pytest
from tests.real import argo, argo_cli, debian, helm, tools
from tests.real.binaries import find
from tests.real.golang import Unavailable


def main() -> int:
    try:
        found = find(os.environ)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 3
    print(f"Real API server: {found.apiserver}", file=sys.stderr)
    try:
        argo.definitions(os.environ)
    except Unavailable as error:
        print(f"The tests with Argo's full CRDs are left out. {error}", file=sys.stderr)
    try:
        # Before the tests: they run side by side, and each of them would build it.
        argo_cli.command(os.environ)
    except Unavailable as error:
        print(f"The tests with Argo's command line are left out. {error}", file=sys.stderr)
    try:
        helm.find(os.environ)
    except Unavailable as error:
        print(f"The tests of the chart are left out. {error}", file=sys.stderr)
    for tool in tools.TOOLS:
        try:
            tool.find(os.environ)
        except Unavailable as error:
            print(f"The tests with {tool.name} are left out. {error}", file=sys.stderr)
    try:
        debian.find(os.environ)
    except Unavailable as error:
        print(f"The tests of images are left out. {error}", file=sys.stderr)
    side_by_side = ["-p", "tests.real.scheduling", "-n", "3", "--dist", "loadscope"]
    return int(pytest.main(["-m", "real and not soak", *side_by_side, *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
