"""``make test-real``: see that there is a real API server, then run the tests that need one.

Exit code 3: there is none, and none can be built.
"""

import os
import sys

import pytest
from tests.real import argo, argo_cli, debian, gitea, helm, tools
from tests.real.binaries import find
from tests.real.golang import Unavailable


def main() -> int:
    try:
        found = find(os.environ)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 3
    print(f"Real API server: {found.apiserver}", file=sys.stderr)
    # Before the tests: they run side by side, and each of them would build it.
    for needing, prepare in (
        ("with Argo's full CRDs", argo.definitions),
        ("with Argo's command line", argo_cli.command),
        ("of the chart", helm.find),
        ("with a real Gitea", gitea.find),
        *((f"with {tool.name}", tool.find) for tool in tools.TOOLS),
        ("of images", debian.find),
    ):
        try:
            prepare(os.environ)
        except Unavailable as error:
            print(f"The tests {needing} are left out. {error}", file=sys.stderr)
    side_by_side = ["-p", "tests.real.scheduling", "-n", "3", "--dist", "loadscope"]
    return int(pytest.main(["-m", "real and not soak", *side_by_side, *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
