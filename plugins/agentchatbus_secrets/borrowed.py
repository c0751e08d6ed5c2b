"""The detectors of detect-secrets that know a service's form, built once and asked line by line.

Its files, baselines, allow-list comments and global settings stay out of it. So do its detectors by entropy and by
keyword, which find a secret in almost every line of code, and those whose patterns can be made to take for ever.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple, Protocol

from agentchatbus_secrets.findings import Finding, Look, Runs, Text
from agentchatbus_secrets.formats import LONGEST_CONTEXT, REST, is_part_of_a_blob
from agentchatbus_secrets.placeholders import is_example
from agentchatbus_secrets.postponing import postponed

SPACES = re.compile(r"[ \t]{2,}")
STRAY = " \t\r\"'=:"


class Analyser(Protocol):
    """What a detector of detect-secrets offers."""

    def analyze_string(self, string: str) -> Iterator[str]:
        """Yield the secrets of a line."""


class Hit(NamedTuple):
    """What a detector found, and the characters around it, empty at the line's ends."""

    secret: str
    before: str
    after: str

    @property
    def is_free(self) -> bool:
        """Whether it is no part of a longer word."""
        return not (self.before.isalnum() or self.after.isalnum())


def any_other(hit: Hit) -> bool:
    return not is_example(hit.secret)


def _of_aws(hit: Hit) -> bool:
    return hit.is_free and not is_example(hit.secret) and not hit.secret.startswith(("AKIA", "ASIA"))


def _of_twilio(hit: Hit) -> bool:
    """Accept hexadecimal digits after the two letters."""
    return hit.is_free and re.fullmatch(r"[0-9a-f]{32}", hit.secret[2:]) is not None


def _of_mailchimp(hit: Hit) -> bool:
    return hit.is_free and re.match(r"[0-9a-f]{32}-", hit.secret) is not None


def _of_discord(hit: Hit) -> bool:
    """Accept what begins with the bot's number."""
    number = hit.secret.partition(".")[0]
    try:
        return not hit.before.isalnum() and base64.urlsafe_b64decode(number + "=" * (-len(number) % 4)).isdigit()
    except (ValueError, binascii.Error):
        return False


def _of_telegram(hit: Hit) -> bool:
    return hit.is_free and hit.after not in ("_", "-") and hit.secret.partition(":")[2].startswith("AA")


def _of_artifactory(hit: Hit) -> bool:
    """Accept what is as long and as mixed as the service makes them: there are words that begin alike."""
    return len(hit.secret) >= 33 and hit.secret != hit.secret.upper() and any(map(str.isdigit, hit.secret))


def _an_address(hit: Hit) -> bool:
    return hit.secret.lower().startswith("https:") and not is_example(hit.secret)


@dataclass(frozen=True, slots=True)
class Loan:
    """One detector: where it is, what occurs in every secret it finds, and what else has to be true of one."""

    label: str
    module: str
    name: str
    triggers: Sequence[str]
    accept: Callable[[Hit], bool] = any_other
    look: Look = "dense"


ARTIFACTORY = ("AKC", *(f"AP{digit}" for digit in "0123456789ABCDEF"))

LOANS: Sequence[Loan] = (
    Loan("AWS Secret Access Key", "aws", "AWSKeyDetector", ("aws",), _of_aws, look="lowered"),
    Loan("Azure Storage Key", "azure_storage_key", "AzureStorageKeyDetector", ("AccountKey=",)),
    Loan("Stripe Key", "stripe", "StripeDetector", ("sk_live_", "rk_live_")),
    Loan("SendGrid API Key", "sendgrid", "SendGridDetector", ("SG.",)),
    Loan("Slack Webhook", "slack", "SlackDetector", ("hooks.slack.com",), _an_address, look="lowered"),
    Loan("PyPI Token", "pypi_token", "PypiTokenDetector", ("pypi-AgE",)),
    Loan(
        "Discord Bot Token", "discord", "DiscordBotTokenDetector",
        ("MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT"), _of_discord,
    ),
    Loan("Telegram Bot Token", "telegram_token", "TelegramBotTokenDetector", (":AA",), _of_telegram),
    Loan("Twilio API Key", "twilio", "TwilioKeyDetector", ("AC", "SK"), _of_twilio),
    Loan("Mailchimp API Key", "mailchimp", "MailchimpDetector", ("-us",), _of_mailchimp),
    Loan("Artifactory Credentials", "artifactory", "ArtifactoryDetector", ARTIFACTORY, _of_artifactory),
    Loan("Cloudant Credentials", "cloudant", "CloudantDetector", ("cloudant",), look="lowered"),
    Loan("SoftLayer Credentials", "softlayer", "SoftlayerDetector", ("softlayer",), look="lowered"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Borrowed:
    """One detector of detect-secrets at work."""

    loan: Loan
    analyser: Analyser

    @property
    def labels(self) -> Sequence[str]:
        return (self.loan.label,)

    @property
    def triggers(self) -> Sequence[str]:
        return self.loan.triggers

    @property
    def look(self) -> Look:
        return self.loan.look

    def find(self, text: Text) -> Iterator[Finding]:
        """Yield what the detector finds in the lines in which something of it occurs."""
        rest = Runs(REST, text.plain)
        for start, line in self._lines(text):
            done = 0
            for found in self.analyser.analyze_string(SPACES.sub(" ", line)):
                secret = found.strip(STRAY)
                place = line.find(secret, done)
                place = place if place >= 0 else line.find(secret)
                if secret and place >= 0 and self._accepts(secret, line, place):
                    done = place + len(secret)
                    context = line[max(0, place - 100) : done][:LONGEST_CONTEXT]
                    yield Finding(self.loan.label, start + place, rest.end(start + done), context)

    def _accepts(self, secret: str, line: str, place: int) -> bool:
        after = place + len(secret)
        hit = Hit(secret, line[max(0, place - 1) : place], line[after : after + 1])
        return self.loan.accept(hit) and not is_part_of_a_blob(line, place)

    def _lines(self, text: Text) -> Iterator[tuple[int, str]]:
        """Yield the lines with a trigger in them, each once, with their places."""
        searched = text.lowered if self.loan.look == "lowered" else text.plain
        seen = set()
        for trigger in self.loan.triggers:
            place = searched.find(trigger)
            while place >= 0:
                start, end = searched.rfind("\n", 0, place) + 1, searched.find("\n", place)
                end = end if end >= 0 else len(searched)
                if start not in seen:
                    seen.add(start)
                    yield start, text.plain[start:end]
                place = searched.find(trigger, end)


def borrowed() -> list[Borrowed]:
    """Return the detectors; importing their library takes a while."""
    with postponed("requests"):  # it would ask services whether a secret is good, and takes 20 MiB
        return [Borrowed(loan, _build(loan)) for loan in LOANS]


def _build(loan: Loan) -> Analyser:
    analyser: Analyser = getattr(import_module(f"detect_secrets.plugins.{loan.module}"), loan.name)()
    return analyser
