"""Threads, posts, tokens, waits, edits, reactions, states, kicks, deletions and restarts against a simple model.

``AGENTCHATBUS_PROPERTIES=long`` looks much longer, and elsewhere each time.
"""

from __future__ import annotations

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.properties.buses import OverHttp
from tests.properties.posting import NUMBERS, WORDS, Posting

IS_LONG = os.environ.get("AGENTCHATBUS_PROPERTIES") == "long"
STATES = st.sampled_from(["discuss", "implement", "review", "done", "closed", "discuss", "review", "archived"])
RESTARTS = 2
"""How often a bus is opened again in one run, which takes as long as a hundred calls, and an agent kicked."""


class Conversation(Posting):
    """Does all that can be done: what was said is changed, threads end, agents go, the bus is opened again."""

    @rule(who=NUMBERS, where=NUMBERS, which=NUMBERS, content=WORDS)
    def edit(self, who: int, where: int, which: int, content: str) -> None:
        agent, thread = self.agent(who), self.thread(where)
        if not thread.messages:
            return
        message = thread.messages[which % thread.last_seq]
        answer = self.bus.call("msg_edit", message_id=message.id, new_content=content, **agent.proof)
        if message.author != agent.id:
            self.refused(answer)
        elif not thread.is_open:
            self.refused(answer, "THREAD_CLOSED")
        elif content.strip() == message.content:
            assert answer == {"no_change": True, "version": message.versions}
            self.expect()
        else:
            message.content, message.versions = content.strip(), message.versions + 1
            assert answer["version"] == message.versions
            self.expect("msg.edit")

    @rule(who=NUMBERS, where=NUMBERS, which=NUMBERS, label=st.sampled_from("abc"), is_added=st.booleans())
    def react(self, who: int, where: int, which: int, label: str, is_added: bool) -> None:
        agent, thread = self.agent(who), self.thread(where)
        if not thread.messages:
            return None
        message, mark = thread.messages[which % thread.last_seq], f"{agent.id} {label}"
        was_there, tool = mark in message.reactions, "msg_react" if is_added else "msg_unreact"
        answer = self.bus.call(tool, message_id=message.id, reaction=label, **agent.proof)
        if not thread.is_open and (is_added or was_there):
            return self.refused(answer, "THREAD_CLOSED")
        assert "error" not in answer, answer
        (message.reactions.add if is_added else message.reactions.discard)(mark)
        return self.expect(*([f"msg.{tool[4:]}"] if was_there is not is_added else []))

    @rule(who=NUMBERS, where=NUMBERS, state=STATES)
    def set_state(self, who: int, where: int, state: str) -> None:
        agent, thread = self.agent(who), self.thread(where)
        answer = self.bus.call("thread_set_state", thread_id=thread.id, state=state, **agent.proof)
        if agent.id not in thread.members:
            return self.refused(answer)
        assert answer["status"] == state
        return self.expect(*thread.move(state))

    @precondition(lambda self: any(thread.status == "archived" for thread in self.threads))
    @rule(who=NUMBERS, where=NUMBERS)
    def bring_back(self, who: int, where: int) -> None:
        agent, thread = self.agent(who), self.thread(where)
        answer = self.bus.call("thread_unarchive", thread_id=thread.id, **agent.proof)
        if agent.id not in thread.members:
            return self.refused(answer)
        events = thread.move(thread.archived_from or "discuss") if thread.status == "archived" else []
        assert answer["status"] == thread.status
        return self.expect(*events)

    @precondition(lambda self: self.kicks < RESTARTS)
    @rule(who=NUMBERS)
    def kick(self, who: int) -> None:
        self.kicks += 1
        gone = self.agent(who)
        self.bus.kick(gone.id)
        self.agents.remove(gone)
        self.expect()
        thread = self.threads[0] if self.threads else None
        if thread is not None:
            token = self._token(gone, thread)
            given = {"thread_id": thread.id, "author": gone.id, "content": "still here", "reply_token": token}
            self.refused(self.bus.call("msg_post", expected_last_seq=thread.last_seq, **given))
            self.refused(self.bus.call("msg_post", expected_last_seq=thread.last_seq, **given, **gone.proof))
        self.register()

    @precondition(lambda self: len(self.threads) > 1)
    @rule(where=NUMBERS)
    def delete(self, where: int) -> None:
        thread = self.thread(where)
        answer = self.bus.call("thread_delete", is_person=True, thread_id=thread.id, confirm=True)
        assert answer["deleted"]["message_count"] == thread.last_seq
        self.threads.remove(thread)
        for agent in self.agents:
            agent.drop(thread.id)
        self.expect("thread.deleted")
        self.refused(self.bus.call("thread_get", thread_id=thread.id), "Thread not found")

    @precondition(lambda self: self.restarts < RESTARTS)
    @rule()
    def restart(self) -> None:
        self.restarts += 1
        self.bus.restart()
        self.expect()

    @invariant()
    def what_is_stored_is_what_was_acknowledged(self) -> None:
        for thread in self.threads:
            given = {"thread_id": thread.id, "include_system_prompt": False, "limit": 1000, "return_format": "json"}
            listed = self.bus.call("msg_list", **given)["messages"]
            assert [(item["seq"], item["msg_id"], item["content"], item["author_id"]) for item in listed] == [
                (seq, item.id, item.content, item.author) for seq, item in enumerate(thread.messages, 1)
            ]
            marks = [{f"{mark['agent_id']} {mark['reaction']}" for mark in item["reactions"]} for item in listed]
            assert marks == [item.reactions for item in thread.messages]

    @invariant()
    def threads_are_as_they_were_left(self) -> None:
        found = self.bus.call("thread_list", include_archived=True)["threads"]
        states = {item["thread_id"]: (item["topic"], item["status"]) for item in found if item["topic"] != "Under test"}
        assert states == {thread.id: (thread.topic, thread.status) for thread in self.threads}


class ConversationOverHttp(Conversation):
    """The same behind a server."""

    make_bus = OverHttp


def profile(examples: int, steps: int) -> settings:
    return settings(max_examples=examples * (20 if IS_LONG else 1), stateful_step_count=steps * (2 if IS_LONG else 1))


TestInProcess = Conversation.TestCase
TestInProcess.settings = profile(30, 30)
TestOverHttp = ConversationOverHttp.TestCase
TestOverHttp.settings = profile(2, 25)
