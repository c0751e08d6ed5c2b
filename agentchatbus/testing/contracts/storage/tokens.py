"""Reply tokens and refresh requests."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agentchatbus.model import ReplyToken, TokenSource
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    StorageCase,
    adding_threads,
    at,
    is_refused,
    make_thread,
    make_token,
)


def adding(*tokens: ReplyToken) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for token in tokens:
            tx.tokens.add(token)

    return work


async def open_hashes(storage: Storage, thread_id: str = "t", agent_id: str = "a") -> list[str]:
    return [token.hash for token in await storage.read(lambda tx: tx.tokens.open_of(thread_id, agent_id))]


async def fill(storage: Storage, *tokens: ReplyToken) -> None:
    await storage.write(adding_threads(make_thread("t"), make_thread("u")))
    await storage.write(adding(*tokens))


class TokenContract(StorageCase):
    async def test_a_token_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        used = make_token("used", consumed_at=at(1), consumed_by="t-1", fingerprint="f")
        guest = make_token("guest", agent_id=None, source=TokenSource.THREAD_CREATE)
        await fill(storage, used, guest)
        assert await storage.read(lambda tx: tx.tokens.get("used")) == used
        assert await storage.read(lambda tx: tx.tokens.get("guest")) == guest
        assert await storage.read(lambda tx: tx.tokens.get("none")) is None

    async def test_a_token_is_issued_once_and_for_a_thread(self, storage: Storage) -> None:
        await fill(storage, make_token("one"))
        assert await is_refused(storage, adding(make_token("one", thread_id="u")))
        assert await is_refused(storage, adding(make_token("two", thread_id="none")))
        assert await storage.read(lambda tx: tx.tokens.get("two")) is None

    async def test_open_tokens_are_the_agents_own_newest_first(self, storage: Storage) -> None:
        await fill(
            storage,
            make_token("second", issued_at=at(1)),
            make_token("first", issued_at=at(0)),
            make_token("third", issued_at=at(1)),
            make_token("used", consumed_at=at(2)),
            make_token("elsewhere", thread_id="u"),
            make_token("another's", agent_id="b"),
            make_token("a guest's", agent_id=None),
        )
        assert await open_hashes(storage) == ["third", "second", "first"]
        assert await open_hashes(storage, "u") == ["elsewhere"]
        assert await open_hashes(storage, "u", "b") == []

    async def test_a_used_token_tells_what_it_was_used_for(self, storage: Storage) -> None:
        token = make_token("one")
        await fill(storage, token, make_token("two"))
        await storage.write(lambda tx: tx.tokens.consume("one", at(5), message_id="t-1", fingerprint="f"))
        used = replace(token, consumed_at=at(5), consumed_by="t-1", fingerprint="f")
        assert await storage.read(lambda tx: tx.tokens.get("one")) == used
        assert not used.is_open
        assert await open_hashes(storage) == ["two"]

    async def test_a_guests_token_can_be_used(self, storage: Storage) -> None:
        await fill(storage, make_token("guest", agent_id=None))
        await storage.write(lambda tx: tx.tokens.consume("guest", at(5), message_id="t-1", fingerprint="f"))
        token = await storage.read(lambda tx: tx.tokens.get("guest"))
        assert token is not None
        assert token.consumed_by == "t-1"

    async def test_closing_invalidates_the_open_tokens_of_one_agent_in_one_thread(self, storage: Storage) -> None:
        others = [
            make_token("elsewhere", thread_id="u"),
            make_token("another's", agent_id="b"),
            make_token("a guest's", agent_id=None),
            make_token("used", consumed_at=at(1), consumed_by="t-1"),
        ]
        await fill(storage, make_token("one"), make_token("two"), *others)
        await storage.write(lambda tx: tx.tokens.close_open("t", "a", at(9)))
        assert await open_hashes(storage) == []
        assert await storage.read(lambda tx: tx.tokens.get("one")) == make_token("one", consumed_at=at(9))
        assert await storage.read(lambda tx: [tx.tokens.get(token.hash) for token in others]) == others

    async def test_closing_can_spare_one_token_and_other_sources(self, storage: Storage) -> None:
        connect = TokenSource.BUS_CONNECT
        await fill(storage, *(make_token(name, source=connect) for name in "xyz"), make_token("wait"))
        await storage.write(lambda tx: tx.tokens.close_open("t", "a", at(1), source=connect, keep="y"))
        assert await open_hashes(storage) == ["wait", "y"]
        await storage.write(lambda tx: tx.tokens.close_open("t", "a", at(2), keep="wait"))
        assert await open_hashes(storage) == ["wait"]
        await storage.write(lambda tx: tx.tokens.close_open("t", "a", at(3), source=connect))
        assert await open_hashes(storage) == ["wait"]

    async def test_all_open_tokens_of_an_agent_can_be_closed(self, storage: Storage) -> None:
        others = [
            make_token("another's", agent_id="b"),
            make_token("a guest's", agent_id=None),
            make_token("used", consumed_at=at(1), consumed_by="t-1"),
        ]
        await fill(storage, make_token("one"), make_token("elsewhere", thread_id="u"), *others)
        await storage.write(lambda tx: tx.tokens.close_all("a", at(9)))
        assert await open_hashes(storage) == await open_hashes(storage, "u") == []
        closed = make_token("elsewhere", thread_id="u", consumed_at=at(9))
        assert await storage.read(lambda tx: tx.tokens.get("elsewhere")) == closed
        assert await storage.read(lambda tx: [tx.tokens.get(token.hash) for token in others]) == others

    async def test_a_refresh_is_asked_of_one_agent_in_one_thread(self, storage: Storage) -> None:
        await fill(storage)
        await storage.write(lambda tx: tx.tokens.request_refresh("t", "a", START, "TokenReplayed"))
        await storage.write(lambda tx: tx.tokens.request_refresh("t", "a", at(1), "OutOfSync"))
        pairs = [("t", "a"), ("t", "b"), ("u", "a")]
        asked = await storage.read(lambda tx: [tx.tokens.refresh_requested(*pair) for pair in pairs])
        assert asked == [True, False, False]
        await storage.write(lambda tx: tx.tokens.clear_refresh("u", "a"))
        assert await storage.read(lambda tx: tx.tokens.refresh_requested("t", "a"))
        await storage.write(lambda tx: tx.tokens.clear_refresh("t", "a"))
        assert not await storage.read(lambda tx: tx.tokens.refresh_requested("t", "a"))

    async def test_an_agent_that_has_left_can_still_be_refused(self, storage: Storage) -> None:  # H07
        await fill(storage, make_token("one", agent_id="gone"))
        await storage.write(lambda tx: tx.tokens.request_refresh("t", "gone", START, "TokenInvalid"))
        assert await open_hashes(storage, "t", "gone") == ["one"]
