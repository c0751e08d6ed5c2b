"""The files of the console, ready to be sent."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from agentchatbus_web.joining import Joined

TYPES: Mapping[str, bytes] = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".md": b"text/plain; charset=utf-8",
}
PACKED = ".gz"
PAGE = "index.html"
STYLE = "css/console.css"
STYLES = ("tokens", "layout", "sidebars", "conversation", "text", "overlays", "settings", "extensions")
"""The parts of the style in their order; they are sent as one file."""
MAIN = "js/main.js"
SCRIPT = "js/page/console.js"
"""The page's own modules in one; two folders deep like most of them, since they name files by where they are."""
FRAME = "diagram.html"
FRAME_SCRIPTS = ("vendor/mermaid.min.js", "js/apart/diagram.js")


@dataclass(frozen=True)
class StaticFile:
    """One file.

    Attributes:
        path: Where it lies, without the ending that says it is packed.
        stored: Its bytes as they lie there.
        is_packed: Whether those are compressed, as with files that few visitors need.
    """

    path: str
    stored: bytes
    is_packed: bool = False

    @property
    def content_type(self) -> bytes:
        """What kind of file it is."""
        return TYPES[Path(self.path).suffix]

    @cached_property
    def plain(self) -> bytes:
        """Its bytes for a client that unpacks nothing."""
        return gzip.decompress(self.stored) if self.is_packed else self.stored

    @cached_property
    def packed(self) -> bytes:
        """Its bytes compressed with gzip."""
        return self.stored if self.is_packed else gzip.compress(self.stored, 9, mtime=0)


class StaticFiles:
    """Every file of the console, read once."""

    def __init__(self, folder: Path) -> None:
        self._files = dict(_read(folder))
        parts = [self._files.pop(f"css/{name}.css").plain for name in STYLES]
        self._files[STYLE] = StaticFile(STYLE, b"\n".join(parts))
        joined = Joined(MAIN, SCRIPT, lambda path: self._files[path].plain.decode())
        self._files[SCRIPT] = StaticFile(SCRIPT, joined.text.encode())
        self._modules = (SCRIPT, *joined.libraries)
        self.version = _version(self._files)

    def get(self, path: str) -> StaticFile | None:
        """Return the file at a path below the folder."""
        return self._files.get(path)

    def page(self, base: str) -> StaticFile:
        """Return the page: it finds its files below `base`, and names every module, so that none is found late."""
        links = "\n".join(f'<link rel="modulepreload" href="{base}/{name}">' for name in self._modules)
        text = self._files[PAGE].plain.replace(b"{{modules}}", links.encode())
        return StaticFile(PAGE, text.replace(b"{{base}}", base.encode()))

    def frame(self) -> tuple[StaticFile, list[bytes]]:
        """Return the page that draws a diagram, and the hashes of its scripts.

        They are in the page itself, because a frame of no origin may load nothing from this server.
        """
        scripts = [self._files[name].plain.replace(b"</script", b"<\\/script") for name in FRAME_SCRIPTS]
        tags = b"\n".join(b"<script>%b</script>" % script for script in scripts)
        text = self._files[FRAME].plain.replace(b"{{scripts}}", tags)
        return StaticFile(FRAME, gzip.compress(text, 6, mtime=0), is_packed=True), [_hash(script) for script in scripts]


def _hash(script: bytes) -> bytes:
    return b"'sha256-%b'" % base64.b64encode(hashlib.sha256(script).digest())


def _read(folder: Path) -> list[tuple[str, StaticFile]]:
    found = []
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        name = path.removesuffix(PACKED)
        if file.is_file() and Path(name).suffix in TYPES:
            found.append((name, StaticFile(name, file.read_bytes(), is_packed=name != path)))
    return found


def _version(files: Mapping[str, StaticFile]) -> str:
    """Return what changes when any file does."""
    digest = hashlib.sha256()
    for path, file in files.items():
        digest.update(path.encode() + b"\0" + file.stored)
    return digest.hexdigest()[:12]
