"""``make test-real``: see that there is a real API server, then run the tests that need one.

Exit code 3: there is none, and none can be built.
"""

import os
import sys

import pytest
from tests.real.binaries import Unavailable, find


def main() -> int:
    try:
        found = find(os.environ)
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 3
    print(f"Real API server: {found.apiserver}", file=sys.stderr)
    return int(pytest.main(["-m", "real and not soak", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
