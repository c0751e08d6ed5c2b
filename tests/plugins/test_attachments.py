"""Pictures and files over REST: what is taken, and how it is given back."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from agentchatbus.config import ServerTable
from agentchatbus.plugin_api import BusSettings
from agentchatbus.server import Dispatcher, Guard
from agentchatbus.testing import MakeBus
from agentchatbus_attachments import AttachmentsSettings
from tests.plugins.attachments_kit import GIF, JPEG, WAV, WEBP, attachments, data_in, png, upload, uploaded
from tests.plugins.rest_kit import Rest, open_rest

PNG = png()
TAKEN = [
    ("a.png", PNG, ".png", "image/png"),
    ("A.PNG", PNG, ".png", "image/png"),
    ("a.jpg", JPEG, ".jpg", "image/jpeg"),
    ("a.jpeg", JPEG, ".jpg", "image/jpeg"),
    ("a.jpe", JPEG, ".jpg", "image/jpeg"),
    ("a.jfif", JPEG, ".jpg", "image/jpeg"),
    ("a.gif", GIF, ".gif", "image/gif"),
    ("a.webp", WEBP, ".webp", "image/webp"),
]


async def site(make_bus: MakeBus, folder: Path, **settings: object) -> Rest:
    return await open_rest(make_bus, plugins=[attachments(**settings)], settings=data_in(folder))


@pytest.mark.parametrize(("name", "content", "ending", "media_type"), TAKEN)
async def test_a_picture_is_kept_under_its_hash_and_given_back(
    make_bus: MakeBus, tmp_path: Path, name: str, content: bytes, ending: str, media_type: str
) -> None:
    rest = await site(make_bus, tmp_path)
    answer = await upload(rest, content, name)
    assert answer.status_code == 200
    assert set(answer.json()) == {"url", "name"}
    assert answer.json()["name"] == name
    url = answer.json()["url"]
    assert url.startswith("/static/uploads/")
    assert url.endswith(ending)
    found = await rest.http.get(url)
    assert (found.status_code, found.content) == (200, content)
    wanted = {
        "content-type": media_type,
        "x-content-type-options": "nosniff",
        "content-disposition": f'inline; filename="{url.rpartition("/")[2]}"',
        "etag": f'"{url.rpartition("/")[2].partition(".")[0]}"',
    }
    assert {key: found.headers[key] for key in wanted} == wanted
    assert "sandbox" in found.headers["content-security-policy"]
    assert "immutable" in found.headers["cache-control"]
    again = await rest.http.get(url, headers={"if-none-match": found.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("a.svg", b"<svg/>", "Unsupported file type '.svg'. Allowed: .jpg, .jpeg, .png, .gif, .webp"),
        ("a.bmp", b"BM", "Unsupported file type '.bmp'. Allowed: .jpg, .jpeg, .png, .gif, .webp"),
        ("picture", PNG, "Unsupported file type ''. Allowed: .jpg, .jpeg, .png, .gif, .webp"),
        ("a.webp", WAV, "File content does not match its extension"),
        ("a.jpg", PNG, "File content does not match its extension"),
        ("a.png", b"", "File content does not match its extension"),
        ("a.gif", b"GIF88a", "File content does not match its extension"),
    ],
)
async def test_what_is_no_picture_is_refused_and_leaves_no_trace(
    make_bus: MakeBus, tmp_path: Path, name: str, content: bytes, detail: str
) -> None:
    """H28: the first bytes count, all of them."""
    answer = await upload(await site(make_bus, tmp_path), content, name)
    assert (answer.status_code, answer.json()) == (400, {"detail": detail})
    assert not (tmp_path / "uploads").exists()


async def test_without_a_file_nothing_is_kept(make_bus: MakeBus, tmp_path: Path) -> None:
    """H28: a text field of that name was an internal error."""
    rest = await site(make_bus, tmp_path)
    answer = await rest.http.post("/api/upload/image", files={"other": (None, "x")})
    assert (answer.status_code, answer.json()) == (400, {"detail": "No file provided"})
    answer = await rest.http.post("/api/upload/image", files={"file": (None, "x")})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../../../tmp/evil.png", "evil.png"),
        ("C:\\Users\\x\\evil.png", "evil.png"),
        ("Bild\u202e für\x07 dich.png", "Bild für dich.png"),
        ("x" * 300 + ".png", "x" * 196 + ".png"),
    ],
)
async def test_the_clients_name_is_cleaned(make_bus: MakeBus, tmp_path: Path, given: str, clean: str) -> None:
    """H28."""
    rest = await site(make_bus, tmp_path)
    file = {"file_name": given, "data": base64.b64encode(PNG).decode()}
    answer = await rest.http.post("/api/upload/image", json={"file": file})
    assert answer.json()["name"] == clean


async def test_the_size_of_a_picture_has_a_limit_that_counts_itself_in(make_bus: MakeBus, tmp_path: Path) -> None:
    """H08."""
    rest = await site(make_bus, tmp_path, max_image_bytes=1024 * 1024)
    body = PNG + b"x" * (1024 * 1024 - len(PNG))
    assert (await upload(rest, body)).status_code == 200
    answer = await upload(rest, body + b"x")
    assert (answer.status_code, answer.json()) == (413, {"detail": "File too large. Maximum size is 1 MB"})


async def test_the_server_reads_no_more_than_a_file_may_have(make_bus: MakeBus, tmp_path: Path) -> None:
    """H08: the whole body was received first."""
    rest = await site(make_bus, tmp_path, max_image_bytes=1000)
    dispatcher = Dispatcher(rest.bus.app.transports)
    guard = Guard(dispatcher, ServerTable(), max_body_bytes=4 * 2**20, body_limit=dispatcher.body_limit)
    read, sent = 0, []

    async def receive() -> dict[str, object]:
        nonlocal read
        if sent:
            return {"type": "http.disconnect"}
        read += 2**16
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        return {"type": "http.request", "body": (head if read == 2**16 else b"") + b"x" * 2**16, "more_body": True}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"multipart/form-data; boundary=x"),
        (b"transfer-encoding", b"chunked"),
    ]
    path = "/api/upload/image"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers}
    scope |= {"query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 39765), "scheme": "http"}
    await guard(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert read <= 4 * 2**16


async def test_the_folder_has_a_quota(make_bus: MakeBus, tmp_path: Path) -> None:
    """H08."""
    rest = await site(make_bus, tmp_path, max_folder_mb=1)
    large = PNG + b"x" * 700_000
    assert (await upload(rest, large)).status_code == 200
    assert (await upload(rest, large + b"y")).status_code == 413
    assert (await upload(rest, large)).status_code == 200, "what is kept already needs no more room"


async def test_the_same_picture_is_kept_once(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path)
    assert await uploaded(rest, PNG, "a.png") == await uploaded(rest, PNG, "b.png")
    assert len(list((tmp_path / "uploads").iterdir())) == 1


async def test_other_files_are_saved_and_never_shown(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path)
    url = await uploaded(rest, b"# <script>alert(1)</script>", "Notizen für Ada.md", "file")
    found = await rest.http.get(url)
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    assert found.headers["content-disposition"].startswith("attachment;")
    assert "Notizen%20f%C3%BCr%20Ada.md" in found.headers["content-disposition"]
    assert found.headers["x-content-type-options"] == "nosniff"


async def test_a_file_under_two_names_has_the_name_that_its_message_gives_it(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path)
    url = await uploaded(rest, b"same", "Plan of Ada.txt", "file")
    assert await uploaded(rest, b"same", "plan.txt", "file") == url
    own, ada, odd = [
        (await rest.http.get(url, params=params)).headers["content-disposition"]
        for params in ({}, {"file_name": "Plan of Ada.txt"}, {"file_name": "../evil\r\n.html"})
    ]
    assert "Ada" not in own
    assert own == f'attachment; filename="{url.rpartition("/")[2]}"'
    assert ada == 'attachment; filename="Plan of Ada.txt"'
    assert odd == 'attachment; filename="evil.html.txt"'
    await uploaded(rest, b"same", "third.txt", "file")
    assert (await rest.http.get(url)).headers["content-disposition"] == own


async def test_which_other_files_are_taken_is_a_setting(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path, file_types=["HTML"], max_file_bytes=100)
    refused = await upload(rest, b"x", "a.txt", "file")
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "Unsupported file type '.txt'. Allowed: .html",
    )
    assert (await upload(rest, b"x" * 101, "a.html", "file")).status_code == 413
    found = await rest.http.get(await uploaded(rest, b"<h1>", "a.html", "file"))
    assert found.headers["content-type"] == "application/octet-stream"
    assert (await upload(rest, PNG, "a.png", "file")).status_code == 200, "pictures go both ways"


def test_an_ending_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no ending"):
        AttachmentsSettings(file_types=("a/b",))


async def test_without_file_types_only_pictures_are_taken(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path, file_types=[])
    assert (await upload(rest, b"x", "a.txt", "file")).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "..%2F..%2Fsecret.txt",
        "%2e%2e/secret.txt",
        "..%5Csecret.txt",
        "secret.txt%00.png",
        "link.png",
        ".hidden.png",
        "folder.png",
        "",
        "missing.png",
    ],
)
async def test_nothing_but_files_of_the_folder_can_be_read(make_bus: MakeBus, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    folder = tmp_path / "uploads"
    (folder / "folder.png").mkdir(parents=True)
    (folder / ".hidden.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(secret)
    rest = await site(make_bus, tmp_path)
    answer = await rest.http.get(f"/static/uploads/{name}")
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace(name, "")


async def test_a_file_of_an_import_is_served_by_its_bytes(make_bus: MakeBus, tmp_path: Path) -> None:
    """H28: an old folder may hold what only claims to be a picture."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb001.png").write_bytes(PNG)
    (folder / "6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb002.webp").write_bytes(WAV)
    rest = await site(make_bus, tmp_path)
    good = await rest.http.get("/static/uploads/6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb001.png")
    assert (good.status_code, good.headers["content-type"]) == (200, "image/png")
    bad = await rest.http.get("/static/uploads/6a0e0f0c-64b0-4a31-8f44-9f3f1c1bb002.webp")
    assert (bad.status_code, bad.headers["content-type"]) == (200, "application/octet-stream")
    assert bad.headers["content-disposition"].startswith("attachment;")


async def test_a_large_file_is_sent_in_pieces(make_bus: MakeBus, tmp_path: Path) -> None:
    content = b"PK\x03\x04" + os.urandom(9 * 2**20)
    rest = await site(make_bus, tmp_path)
    found = await rest.http.get(await uploaded(rest, content, "a.zip", "file"))
    assert found.content == content


async def test_on_a_bus_that_is_open_to_the_network_a_token_is_needed(make_bus: MakeBus, tmp_path: Path) -> None:
    settings = BusSettings(data_dir=tmp_path, is_open=False, operator_token="a long operator token")
    rest = await open_rest(make_bus, plugins=[attachments()], settings=settings)
    assert (await upload(rest, PNG)).status_code == 401
    assert (await rest.http.get("/static/uploads/a.png")).status_code == 401
    rest.http.headers["x-admin-token"] = "a long operator token"
    assert (await rest.http.get(await uploaded(rest, PNG))).content == PNG


async def test_agents_are_offered_no_tools_for_files(make_bus: MakeBus, tmp_path: Path) -> None:
    rest = await site(make_bus, tmp_path)
    operations = rest.bus.app.operations
    assert not any(operations.get(name).tool for name in ("image_upload", "file_upload", "upload_get"))
