"""Random values in the forms that services give to their secrets, put together only when a test asks for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits

Maker = Callable[[Random], str]

UPPER = ascii_uppercase + digits
HEX = "0123456789abcdef"
ALNUM = ascii_lowercase + ascii_uppercase + digits
URL = ALNUM + "_-"
BASE64 = ALNUM + "+/"
BODY = {"alnum": ALNUM, "upper": UPPER, "hex": HEX, "url": URL, "digits": digits, "lower": ascii_lowercase + digits}


def some(random: Random, alphabet: str, length: int) -> str:
    """Return random characters; the first and the last are letters or digits, as at every real token's ends."""
    ends = [char for char in alphabet if char.isalnum()]
    inner = "".join(random.choice(alphabet) for _ in range(length - 2))
    return random.choice(ends) + inner + random.choice(ends)


def of(prefix: str, *parts: tuple[str, int] | str) -> Maker:
    """Return a maker of ``prefix`` and random parts, given as alphabet and length, or as fixed text."""

    def make(random: Random) -> str:
        made = [part if isinstance(part, str) else some(random, BODY[part[0]], part[1]) for part in parts]
        return prefix + "".join(made)

    return make


def jwt(random: Random) -> str:
    """Return three parts as of a signed token."""
    head = {"alg": random.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"}
    body = {
        "sub": str(random.randrange(10**9)),
        "name": some(random, ascii_lowercase, 8),
        "iat": random.randrange(2**31),
    }
    parts = [json.dumps(head, separators=(",", ":")), json.dumps(body, separators=(",", ":"))]
    return ".".join(
        [*(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts), some(random, URL, 43)]
    )


def pem(kind: str, *, joined_by: str = "\n") -> Maker:
    """Return a maker of keys between the lines that begin and end them."""

    def make(random: Random) -> str:
        body = [some(random, BASE64, 64) for _ in range(random.randrange(3, 12))]
        name = f"{kind} PRIVATE KEY".strip()
        name += " BLOCK" if kind == "PGP" else ""
        return joined_by.join([f"-----BEGIN {name}-----", *body, f"-----END {name}-----"])

    return make


def putty(version: int) -> Maker:
    """Return a maker of keys as PuTTY keeps them, their public half before the private one."""

    def make(random: Random) -> str:
        public, private = ([some(random, BASE64, 64) for _ in range(count)] for count in (6, 14))
        mac = "Private-Hash" if version == 1 else "Private-MAC"
        head = [f"PuTTY-User-Key-File-{version}: ssh-rsa", "Encryption: none", "Comment: me@host"]
        halves = [f"Public-Lines: {len(public)}", *public, f"Private-Lines: {len(private)}", *private]
        return "\n".join([*head, *halves, f"{mac}: {some(random, HEX, 40)}"])

    return make


def discord(random: Random) -> str:
    """Return a bot's token: its number, a time and a signature."""
    number = base64.urlsafe_b64encode(str(random.randrange(10**17, 10**18)).encode()).decode()
    return f"{number}.{some(random, URL, 6)}.{some(random, URL, 38 if random.random() < 0.5 else 27)}"


def telegram(random: Random) -> str:
    return f"{random.randrange(10**8, 10**10)}:AA{some(random, URL, 33)}"


def azure(random: Random) -> str:
    return f"azure_storage_account={some(random, BASE64, 43)}="


def slack_webhook(random: Random) -> str:
    parts = f"T{some(random, UPPER, 9)}/B{some(random, UPPER, 10)}/{some(random, ALNUM, 24)}"
    return f"https://hooks.slack.com/services/{parts}"


BARE: Mapping[str, Sequence[Maker]] = {
    "AWS Access Key ID": [of("AKIA", ("upper", 16))],
    "AWS Temporary Access Key": [of("ASIA", ("upper", 16))],
    "JWT Token": [jwt],
    "GitHub Personal Access Token": [
        of("ghp_", ("alnum", 36)),
        of("github_pat_", ("alnum", 22), "_", ("alnum", 59)),
    ],
    "GitHub OAuth Token": [of("gho_", ("alnum", 36))],
    "GitHub App Token": [of("ghs_", ("alnum", 36)), of("ghu_", ("alnum", 36)), of("ghr_", ("alnum", 76))],
    "Private Key": [
        *(pem(kind) for kind in ("", "RSA", "EC", "DSA", "OPENSSH", "ENCRYPTED", "PGP")),
        pem("RSA", joined_by="\\n"),
        pem("", joined_by=" "),
        putty(2),
        putty(3),
    ],
    "OpenAI API Key": [
        of("sk-", ("alnum", 20), "T3BlbkFJ", ("alnum", 20)),
        of("sk-proj-", ("url", 74), "T3BlbkFJ", ("url", 74)),
        of("sk-proj-", ("alnum", 48)),
        of("sk-svcacct-", ("url", 60)),
        of("sk-", ("alnum", 48)),
    ],
    "Slack Token": [
        of("xoxb-", ("digits", 12), "-", ("digits", 12), "-", ("alnum", 24)),
        of("xoxp-", ("digits", 11), "-", ("digits", 11), "-", ("digits", 12), "-", ("hex", 32)),
        of("xapp-1-A", ("upper", 10), "-", ("digits", 13), "-", ("hex", 64)),
    ],
    "Google API Key": [of("AIza", ("url", 35))],
    "Azure Storage Key": [azure],
    "AgentChatBus Access Token": [of("acb_", ("url", 43))],
    "Anthropic API Key": [of("sk-ant-api03-", ("url", 93), "AA")],
    "Google OAuth Token": [of("ya29.", ("url", 120)), of("GOCSPX-", ("url", 28))],
    "GitLab Token": [of("glpat-", ("url", 20)), of("glrt-", ("url", 20))],
    "npm Token": [of("npm_", ("alnum", 36))],
    "PyPI Token": [of("pypi-AgEIcHlwaS5vcmc", ("url", 150))],
    "Hugging Face Token": [of("hf_", ("alnum", 34))],
    "Stripe Key": [of("sk_live_", ("alnum", 24)), of("rk_live_", ("alnum", 99)), of("sk_live_", ("alnum", 99))],
    "SendGrid API Key": [of("SG.", ("url", 22), ".", ("url", 43))],
    "Slack Webhook": [slack_webhook],
    "Discord Webhook": [of("https://discord.com/api/webhooks/", ("digits", 18), "/", ("url", 68))],
    "Discord Bot Token": [discord],
    "Telegram Bot Token": [telegram],
    "Mailchimp API Key": [of("", ("hex", 32), "-us14")],
    "Twilio API Key": [of("SK", ("hex", 32))],
    "Square Token": [of("sq0csp-", ("url", 43))],
    "DigitalOcean Token": [of("dop_v1_", ("hex", 64))],
    "Shopify Token": [of("shpat_", ("hex", 32))],
    "Docker Hub Token": [of("dckr_pat_", ("url", 27))],
    "Groq API Key": [of("gsk_", ("alnum", 52))],
    "Vault Token": [of("hvs.", ("url", 95))],
    "Databricks Token": [of("dapi", ("hex", 32))],
}
"""Secrets that can be told by their form alone."""
