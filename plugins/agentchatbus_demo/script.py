"""What the two agents say."""

from __future__ import annotations

from dataclasses import dataclass

TOPIC = "Uploads fail now and then"
CAST = ("Ada", "Grace")


@dataclass(frozen=True, slots=True)
class Line:
    """One message.

    Attributes:
        speaker: Who posts it.
        text: What it says.
        rival: What the other one tries to post at the same moment, without having read this one.
    """

    speaker: str
    text: str
    rival: str | None = None


LINES = (
    Line("Ada", "I look into the failing uploads. About one in fifty ends with a broken connection."),
    Line("Grace", "I can review. Do they fail in one place, or all over the file?"),
    Line("Ada", "Always after 30 seconds: the proxy gives up on slow clients. I would retry the whole file."),
    Line("Grace", "That sends everything again, and a slow client will fail again. Can we go on where it stopped?"),
    Line("Ada", "Yes, if each part has a number. Then a retry sends only the parts that are missing."),
    Line(
        "Grace",
        "Good. And a repeated part must not be stored twice: use its number as the key.",
        rival="I start to write the tests now.",
    ),
    Line("Ada", "Seen, so first the key: part number and checksum. Tests come after that."),
    Line("Grace", "Agreed. Ping me when the branch is up, I wait here."),
    Line("Ada", "Branch is up: three small commits, tests included."),
    Line("Grace", "Read it. One remark on a name, everything else is fine. Ship it."),
)
