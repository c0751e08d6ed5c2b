"""The table of forms: label, what occurs in every such secret, pattern, and what else has to be true of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from agentchatbus_secrets.findings import Look
from agentchatbus_secrets.placeholders import is_example, is_mask, is_name, is_wordy

PRIVATE_KEY = "Private Key"
OPENAI = "OpenAI API Key"
SLACK = "Slack Token"
PART = re.compile(r"[A-Za-z0-9_-]{20}T3BlbkFJ[A-Za-z0-9_-]{20}")
START = "(?<![A-Za-z0-9])"


def unmasked(token: str) -> bool:
    """Accept all but what is made unreadable: the contract knows no other exception."""
    return not is_mask(token)


def real(token: str) -> bool:
    """Accept what looks random and not like an example's name."""
    return not is_example(token) and (any(char.isdigit() for char in token) or not is_wordy(token))


def mixed(token: str) -> bool:
    """Accept what has capitals and small letters, for services whose tokens may have no digit."""
    body = token.partition("_")[2] or token
    return body not in (body.lower(), body.upper()) and not is_mask(token)


def _of_the_bus(token: str) -> bool:
    return mixed(token) and real(token)


def _of_openai(token: str) -> bool:
    return unmasked(token) and PART.search(token) is not None


def _of_slack(token: str) -> bool:
    return unmasked(token) and (any(char.isdigit() for char in token) or not is_name(token))


def _signed_jwt(token: str) -> bool:
    """Accept a header of 20 characters or more after its first three; more may stand before it."""
    head = token.partition(".eyJ")[0]
    return 0 <= head.find("eyJ") <= len(head) - 23


Reach = Literal["token", "key", "putty"]
"""To the end of the characters of a token, or of a private key as most programs write it, or as PuTTY does."""


@dataclass(frozen=True, slots=True)
class Row:
    """One form of a secret.

    Attributes:
        label: What callers are told.
        triggers: One of these occurs in every such secret.
        pattern: What it looks like.
        accept: Whether something of this look is one.
        begins: Whether every such secret begins with a trigger.
        look: Where the triggers are looked for.
        reach: How far such a secret goes on where the pattern ends.
    """

    label: str
    triggers: Sequence[str]
    pattern: str
    accept: Callable[[str], bool] = real
    begins: bool = False
    look: Look = "dense"
    reach: Reach = "token"


def _prefixed(label: str, prefixes: str, body: str, accept: Callable[[str], bool] = real) -> Row:
    """Return the row of tokens that begin with one of these words."""
    words = tuple(prefixes.split())
    return Row(label, words, f"{START}(?:{'|'.join(map(re.escape, words))}){body}", accept, begins=True)


CONTRACT = (
    Row("AWS Access Key ID", ("AKIA",), r"AKIA[0-9A-Z]{16}", unmasked, begins=True),
    Row("AWS Temporary Access Key", ("ASIA",), r"ASIA[0-9A-Z]{16}", unmasked, begins=True),
    Row(
        "JWT Token",
        (".eyJ",),
        r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{23,}+\.eyJ[A-Za-z0-9_-]{20,}+(?:\.[A-Za-z0-9_-]++)?",
        _signed_jwt,
    ),
    Row("GitHub Personal Access Token", ("ghp_",), r"ghp_[A-Za-z0-9]{36}", unmasked, begins=True),
    Row("GitHub OAuth Token", ("gho_",), r"gho_[A-Za-z0-9]{36}", unmasked, begins=True),
    Row("GitHub App Token", ("ghs_",), r"ghs_[A-Za-z0-9]{36}", unmasked, begins=True),
    Row(
        PRIVATE_KEY,
        ("PRIVATE",),
        r"-{2,5}\s?BEGIN\s{1,2}(?:[A-Z0-9]{1,10}\s{1,2}){0,4}PRIVATE\s{1,2}KEY(?:\s{1,2}BLOCK)?\s?-{2,5}",
        unmasked,
        look="plain",
        reach="key",
    ),
    Row(OPENAI, ("T3BlbkFJ",), r"sk-[A-Za-z0-9_-]{48,}+", _of_openai),
    Row(SLACK, ("xoxb-", "xoxp-", "xoxr-", "xoxs-"), r"xox[bprs]-[A-Za-z0-9-]{10,}+", _of_slack, begins=True),
    Row("Google API Key", ("AIza",), r"AIza[0-9A-Za-z_-]{35}", unmasked, begins=True),
    Row(
        "Azure Storage Key",
        ("azure",),
        r"(?i:azure)\w{10,100}=[A-Za-z0-9+/]{43}=",
        unmasked,
        begins=True,
        look="dense_lowered",
    ),
)
"""The forms that clients of the bus have known by these names for long; the first that fits names the error."""

SERVICES = (
    _prefixed("GitHub Personal Access Token", "github_pat_", r"[A-Za-z0-9_]{22,}+"),
    _prefixed("GitHub App Token", "ghu_ ghr_", r"[A-Za-z0-9]{36}"),
    Row(PRIVATE_KEY, ("PuTTY-User-Key-File-",), r"PuTTY-User-Key-File-[0-9]{1,2}:", unmasked, reach="putty"),
    Row(PRIVATE_KEY, ("b3BlbnNzaC1rZXktdjE",), r"b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{12}", unmasked, reach="key"),
    Row(
        PRIVATE_KEY,
        ("BADANBgkqhkiG9w0BAQEFAASC",),
        r"MII[A-Za-z0-9+/]{3,5}BADANBgkqhkiG9w0BAQEFAASC",
        unmasked,
        reach="key",
    ),
    Row(PRIVATE_KEY, ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[0-9A-Z]{58}", unmasked, reach="key"),
    _prefixed("AgentChatBus Access Token", "acb_", r"[A-Za-z0-9_-]{43,}+", _of_the_bus),
    _prefixed("Anthropic API Key", "sk-ant-", r"[A-Za-z0-9_-]{20,}+"),
    _prefixed(OPENAI, "sk-proj- sk-svcacct- sk-admin- sk-None-", r"[A-Za-z0-9_-]{20,}+"),
    _prefixed("OpenRouter API Key", "sk-or-v1-", r"[0-9a-f]{40,80}"),
    _prefixed(OPENAI, "sk-", r"[A-Za-z0-9]{32,}+"),
    Row(SLACK, ("xox", "xapp-"), rf"{START}(?:xox[a-z](?:\.xox[a-z])?-|xapp-)[A-Za-z0-9-]{{20,}}+"),
    _prefixed("Google OAuth Token", "ya29. GOCSPX-", r"(?:[a-z]\.)?[A-Za-z0-9_-]{20,}+"),
    _prefixed("GitLab Token", "glpat- gldt- glft- glsoat- glrt- glcbt- glimt- glptt- glagent- gloas-", r"[\w.-]{20,}+"),
    _prefixed("GitLab Token", "GR1348941", r"[\w-]{20,50}"),
    _prefixed("npm Token", "npm_", r"[A-Za-z0-9]{36}"),
    Row("npm Token", ("_authToken=",), r"_authToken=\s{0,3}[0-9a-fA-F-]{36}", look="plain"),
    _prefixed("Hugging Face Token", "hf_ api_org_", r"[A-Za-z0-9]{30,60}", mixed),
    _prefixed("Stripe Key", "whsec_ sk_prod_ rk_prod_", r"[A-Za-z0-9]{24,}+"),
    _prefixed("Square Token", "sq0atp- sq0csp-", r"[\w-]{22,60}"),
    _prefixed("DigitalOcean Token", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{64}"),
    _prefixed("Shopify Token", "shpat_ shpca_ shppa_ shpss_", r"[a-fA-F0-9]{32}"),
    _prefixed("Docker Hub Token", "dckr_pat_ dckr_oat_", r"[\w-]{20,60}"),
    _prefixed("Groq API Key", "gsk_", r"[A-Za-z0-9]{40,60}"),
    _prefixed("xAI API Key", "xai-", r"[A-Za-z0-9]{60,}+"),
    _prefixed("Perplexity API Key", "pplx-", r"[A-Za-z0-9]{40,60}"),
    _prefixed("Replicate Token", "r8_", r"[A-Za-z0-9]{37}"),
    _prefixed("Vault Token", "hvs. hvb. hvr.", r"[\w-]{24,}+"),
    _prefixed("Databricks Token", "dapi", r"[a-f0-9]{32}"),
    _prefixed("Atlassian Token", "ATATT3 ATCTT3", r"[\w=-]{50,}+"),
    _prefixed("Linear API Key", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{40,64}"),
    _prefixed("Notion Token", "ntn_", r"[A-Za-z0-9]{40,60}"),
    _prefixed("Supabase Key", "sbp_ sb_secret_", r"[\w-]{20,60}"),
    _prefixed("PlanetScale Token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.=-]{32,64}"),
    _prefixed("Doppler Token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[\w.-]{40,80}"),
    _prefixed("Grafana Token", "glsa_ glc_", r"[A-Za-z0-9+/_=]{32,}+"),
    _prefixed("New Relic Key", "NRAK-", r"[A-Z0-9]{27}"),
    _prefixed("Sentry Token", "sntrys_ sntryu_", r"[\w+/=-]{40,}+"),
    _prefixed("Postman API Key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    _prefixed("Heroku API Key", "HRKU-AA", r"[\w-]{50,60}"),
    _prefixed("Tailscale Key", "tskey-", r"[a-z]{3,12}-[\w-]{16,}+"),
    Row("Terraform Cloud Token", (".atlasv1.",), r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,80}"),
    Row("Discord Webhook", ("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/\d{16,20}/[\w-]{60,90}"),
    Row("Microsoft Teams Webhook", (".webhook.office.com/",), r"\.webhook\.office\.com/webhookb2/[\w@/-]{60,}+"),
    Row("Azure Shared Access Key", ("SharedAccessKey=",), r"SharedAccessKey=[A-Za-z0-9+/]{43}="),
    Row("Azure Shared Access Signature", ("sig=",), r"[?&]sig=[A-Za-z0-9%+/]{42,60}(?:%3[dD]|=)"),
)
"""The forms of other services."""

ROWS: Sequence[Row] = (*CONTRACT, *SERVICES)
