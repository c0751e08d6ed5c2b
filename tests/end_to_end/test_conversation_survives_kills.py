"""Five ways in, one conversation, a server that is killed again and again under it."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

from tests.end_to_end.processes import ParticipantProcess, ServerProcess, running_server

KINDS = ("modern", "legacy", "sse", "stdio", "rest")
TURNS = 200
MIN_KILLS = 20
TURNS_BETWEEN_KILLS = (6, 9)
FINISHES_WITHIN = 300.0


def test_a_conversation_over_every_transport_survives_a_server_that_is_killed(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        people = [
            ParticipantProcess.start(kind, server.url, "Relay", (index, len(KINDS), TURNS), tmp_path / f"{kind}.log")
            for index, kind in enumerate(KINDS)
        ]
        try:
            kills = _converse(server, people)
        finally:
            for person in people:
                person.end()
    assert kills >= MIN_KILLS
    _check(people, [(tmp_path / f"{person.kind}.log").read_text()[-2000:] for person in people])


def _converse(server: ServerProcess, people: list[ParticipantProcess]) -> int:
    """Let everybody talk; kill the server after every few turns. Returns how often it was killed."""
    progress = threading.Semaphore(0)
    followers = [threading.Thread(target=_follow, args=(person, progress), daemon=True) for person in people]
    for follower in followers:
        follower.start()
    dice, kills = random.Random(), 0
    deadline = time.monotonic() + FINISHES_WITHIN
    while any(follower.is_alive() for follower in followers):
        assert time.monotonic() < deadline, [(person.kind, person.reports[-3:]) for person in people]
        if not _turns_pass(progress, dice.randint(*TURNS_BETWEEN_KILLS), deadline, followers):
            break
        time.sleep(dice.random() * 0.01)  # the moment of the kill is random, it is not waited for anything
        server.kill()
        kills += 1
        server.start()
    for follower in followers:
        follower.join(timeout=max(0.0, deadline - time.monotonic()))
    return kills


def _follow(person: ParticipantProcess, progress: threading.Semaphore) -> None:
    for report in person.follow():
        if "acked" in report:
            progress.release()


def _turns_pass(progress: threading.Semaphore, turns: int, deadline: float, followers: list[threading.Thread]) -> bool:
    """Wait for some more turns; False when the conversation has ended first."""
    while turns and time.monotonic() < deadline:
        if progress.acquire(timeout=0.1):
            turns -= 1
        elif not any(follower.is_alive() for follower in followers):
            return False
    return True


def _check(people: list[ParticipantProcess], logs: list[str]) -> None:
    for person, log in zip(people, logs, strict=True):
        assert person.process.returncode == 0, (person.kind, person.reports[-3:], log)
    expected = [(seq, f"turn {seq - 1}") for seq in range(1, TURNS + 1)]
    ids = {tuple(seen[:2]) for person in people for seen in person.all("seen")}
    assert len(ids) == TURNS, "everybody saw the same messages, each once"
    for person in people:
        assert [(seen[0], seen[2]) for seen in person.all("seen")] == expected, person.kind
        for turn, seq, message_id in person.all("acked"):
            assert seq == turn + 1
            assert (seq, message_id) in ids
