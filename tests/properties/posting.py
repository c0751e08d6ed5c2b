"""Joining, posting and waiting beside a simple model."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.properties.buses import Answer, Bus, InProcess
from tests.properties.model import OPEN, ModelAgent, ModelMessage, ModelThread

PRESENCE = ("agent.", "wait.", "bus.", "thread.read")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    str.strip
)
NUMBERS = st.integers(0, 1_000)


class Posting(RuleBasedStateMachine):
    """Does things to a bus and to a model of it: who joins, what is said, who reads it."""

    make_bus: Callable[[Path], Bus] = InProcess

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.bus: Bus = type(self).make_bus(self.folder)
        self.threads: list[ModelThread] = []
        self.agents: list[ModelAgent] = []
        self.count = self.restarts = self.kicks = 0
        self.bus.events()

    def teardown(self) -> None:
        self.bus.close()
        shutil.rmtree(self.folder)

    def agent(self, number: int) -> ModelAgent:
        return self.agents[number % len(self.agents)]

    def thread(self, number: int) -> ModelThread:
        return self.threads[number % len(self.threads)]

    def expect(self, *types: str) -> None:
        """Check that exactly these events were told of since the last look, presence aside."""
        found = self.bus.events()
        if found is not None:
            assert [event.type for event in found if not event.type.startswith(PRESENCE)] == list(types)

    def refused(self, answer: Answer, *codes: str) -> None:
        """Check that the bus said no, and told nobody of anything."""
        assert answer.get("error") in codes or (not codes and "error" in answer), answer
        self.expect()

    @initialize()
    def begin(self) -> None:
        for _ in range(3):
            self.register()
        self.open_thread(0)

    def register(self) -> None:
        self.count += 1
        made = self.bus.call("agent_register", ide="Ide", model=f"Model {self.count}")
        self.agents.append(ModelAgent(made["agent_id"], made["token"]))
        self.expect()

    @precondition(lambda self: len(self.threads) < 4)
    @rule(who=NUMBERS)
    def open_thread(self, who: int) -> None:
        agent, self.count = self.agent(who), self.count + 1
        made = self.bus.call("thread_create", topic=f"Topic {self.count}", **agent.proof)
        thread = ModelThread(made["thread_id"], made["topic"])
        self.threads.append(thread)
        assert made["current_seq"] == 0
        agent.take(thread.id, made["reply_token"])
        self.expect("thread.new", *thread.join(agent.id))

    @rule(who=NUMBERS, where=NUMBERS)
    def open_the_same_thread_again(self, who: int, where: int) -> None:
        agent, thread = self.agent(who), self.thread(where)
        made = self.bus.call("thread_create", topic=thread.topic, **agent.proof)
        assert (made["thread_id"], made["created"], made["status"]) == (thread.id, False, thread.status)
        assert made["current_seq"] <= agent.read.get(thread.id, 0)
        agent.take(thread.id, made["reply_token"])
        self.expect()

    @rule(who=NUMBERS, where=NUMBERS, content=WORDS)
    def post_in_sync(self, who: int, where: int, content: str) -> None:
        """Post as a well-behaved agent does: it reads first where it has to."""
        agent, thread = self.agent(who), self.thread(where)
        if thread.id not in agent.open:
            self.look(who, where, 0)
        self._post(agent, thread, content, thread.last_seq, self._token(agent, thread))

    @rule(who=NUMBERS, where=NUMBERS, content=WORDS, behind=st.integers(-2, 3))
    def post_behind_or_ahead(self, who: int, where: int, content: str, behind: int) -> None:
        agent, thread = self.agent(who), self.thread(where)
        self._post(agent, thread, content, thread.last_seq - behind, self._token(agent, thread))

    @rule(who=NUMBERS, whose=NUMBERS, where=NUMBERS, elsewhere=NUMBERS, pick=NUMBERS, content=WORDS)
    def post_with_some_other_token(
        self, who: int, whose: int, where: int, elsewhere: int, pick: int, content: str
    ) -> None:
        agent, owner, thread = self.agent(who), self.agent(whose), self.thread(where)
        tokens = [*owner.open.get(self.thread(elsewhere).id, []), *sorted(owner.used)] or ["x" * 32]
        self._post(agent, thread, content, thread.last_seq, tokens[pick % len(tokens)])

    def _token(self, agent: ModelAgent, thread: ModelThread) -> str:
        return (agent.open.get(thread.id) or ["y" * 32])[-1]

    def _post(self, agent: ModelAgent, thread: ModelThread, content: str, baseline: int, token: str) -> None:
        self.count += 1
        content = f"{content} {self.count}"
        sync = {"expected_last_seq": baseline, "reply_token": token}
        given = {"thread_id": thread.id, "author": agent.id, "content": content, **agent.proof, **sync}
        answer = self.bus.call("msg_post", **given)
        if thread.status not in OPEN:
            return self.refused(answer, "THREAD_CLOSED")
        if token not in agent.open.get(thread.id, ()):
            self.refused(answer, "ReplyTokenInvalidError", "ReplyTokenReplayError")
            return self._must_wait(agent, thread)
        if baseline != thread.last_seq:
            self.refused(answer, "SeqMismatchError")
            missed = [item["seq"] for item in answer["new_messages_1st_read"]]
            assert missed == list(range(max(baseline, 0) + 1, thread.last_seq + 1))
            return self._must_wait(agent, thread)
        return self._stored(agent, thread, content, answer, given)

    def _stored(
        self, agent: ModelAgent, thread: ModelThread, content: str, answer: Answer, given: dict[str, Any]
    ) -> None:
        assert answer.get("seq") == thread.last_seq + 1, answer
        thread.messages.append(ModelMessage(answer["msg_id"], content, agent.id))
        agent.read[thread.id] = thread.last_seq
        agent.drop(thread.id)
        self._got(agent, thread, answer)
        self.expect("msg.new", *thread.join(agent.id))
        again = self.bus.call("msg_post", **given)
        assert (again["msg_id"], again["seq"]) == (answer["msg_id"], answer["seq"])  # a repeat is told what was done
        self._kept(agent, thread, again["reply_token"])
        self.expect()

    def _must_wait(self, agent: ModelAgent, thread: ModelThread) -> None:
        agent.drop(thread.id)
        agent.must_refresh.add(thread.id)

    def _got(self, agent: ModelAgent, thread: ModelThread, answer: Answer) -> None:
        """Take a new token over; what comes with it is never ahead of what the agent was given."""
        assert answer["current_seq"] <= agent.read.get(thread.id, 0)
        assert answer["reply_token"] not in agent.used
        agent.take(thread.id, answer["reply_token"])

    def _kept(self, agent: ModelAgent, thread: ModelThread, token: str) -> None:
        """Take over that the same token was handed out again, or another one beside it after a restart."""
        if token in agent.open.get(thread.id, ()):
            agent.drop(thread.id, keep=token)
        else:
            agent.take(thread.id, token)

    @rule(where=NUMBERS, content=WORDS)
    def a_person_posts(self, where: int, content: str) -> None:
        thread = self.thread(where)
        answer = self.bus.call("msg_post", is_person=True, **self._said(thread, content))
        if thread.status not in OPEN:
            assert "error" in answer
            return self.expect()
        assert answer["seq"] == thread.last_seq + 1
        thread.messages.append(ModelMessage(answer["msg_id"], content, None))
        return self.expect("msg.new", *thread.join("human"))

    def _said(self, thread: ModelThread, content: str) -> dict[str, Any]:
        given = {"thread_id": thread.id, "content": content, "author": "human"}
        return {**given, "expected_last_seq": None, "reply_token": None}

    @rule(who=NUMBERS, where=NUMBERS, skipped=st.integers(0, 3))
    def look(self, who: int, where: int, skipped: int) -> None:
        """Wait without any time, from what was read or a little before."""
        agent, thread = self.agent(who), self.thread(where)
        after = max(0, agent.read.get(thread.id, 0) - skipped)
        answer = self.bus.call("msg_wait", **self._wait(agent, thread, after), timeout_ms=0)
        self._delivered(agent, thread, after, answer)
        self.expect(*thread.join(agent.id))

    def _wait(self, agent: ModelAgent, thread: ModelThread, after: int) -> dict[str, Any]:
        return {"thread_id": thread.id, "after_seq": after, "return_format": "json", **agent.proof}

    def _delivered(self, agent: ModelAgent, thread: ModelThread, after: int, answer: Answer) -> None:
        expected = [(n, item.content) for n, item in enumerate(thread.messages, 1) if n > after]
        assert [(item["seq"], item["content"]) for item in answer["messages"]] == expected
        agent.read[thread.id] = max(agent.read.get(thread.id, 0), thread.last_seq)
        agent.must_refresh.discard(thread.id)
        if expected:
            agent.drop(thread.id)
            return self._got(agent, thread, answer)
        assert answer["current_seq"] <= thread.last_seq
        return self._kept(agent, thread, answer["reply_token"])

    @rule(who=NUMBERS, where=NUMBERS, content=WORDS)
    def wait_until_somebody_speaks(self, who: int, where: int, content: str) -> None:
        agent, thread = self.agent(who), self.thread(where)
        is_open = thread.status in OPEN
        is_up_to_date = agent.read.get(thread.id, 0) == thread.last_seq and thread.id not in agent.must_refresh
        if not (is_open and is_up_to_date):
            return
        waiting = self._wait(agent, thread, thread.last_seq)
        heard, said = self.bus.hear(waiting, self._said(thread, content))
        thread.messages.append(ModelMessage(said["msg_id"], content, None))
        self._delivered(agent, thread, thread.last_seq - 1, heard)
        self.expect("msg.new", *thread.join("human"), *thread.join(agent.id))
