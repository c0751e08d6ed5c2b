"""What the detectors load, and what only those load who use it."""

from __future__ import annotations

import subprocess
import sys

import pytest

BORROW = "import sys; from agentchatbus_secrets.borrowed import borrowed; borrowed(); "


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('requests' in sys.modules, 'urllib3' in sys.modules)", "False False"),
        ("import requests; print(requests.__version__ > '2', sys.modules['requests'] is requests)", "True True"),
        ("from requests.exceptions import HTTPError; print(HTTPError.__name__)", "HTTPError"),
        (
            "from detect_secrets.plugins import base as b; import requests as r; print(b.requests.get is r.get)",
            "True",
        ),
    ],
)
def test_a_library_that_detectors_import_is_loaded_at_its_first_use(code: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", BORROW + code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (said, "")


def test_who_imports_it_while_detectors_are_loaded_gets_all_of_it() -> None:
    code = (
        "from agentchatbus_secrets.postponing import postponed\n"
        "with postponed('requests'):\n    import requests\n    print(requests.get.__name__)\n"
        "import requests.adapters\nprint(requests.adapters.HTTPAdapter.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["get", "HTTPAdapter"], "")


def test_a_library_that_is_loaded_already_stays() -> None:
    code = "import requests; before = requests.get; " + BORROW + "print(sys.modules['requests'].get is before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("True", "")
