# ruff: noqa: E501, SIM905 - texts as they look where they come from
"""Texts of ordinary work that hold no secret, much of it random: what a detector must leave alone (tuning part)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from hashlib import md5, sha256
from random import Random
from string import ascii_lowercase
from uuid import UUID

from tests.plugins.secrets_corpus.tokens import ALNUM, BASE64, HEX, URL, some

Texts = Mapping[str, Callable[[Random], str]]

WORDS = (
    "account action adapter agent archive balance batch branch buffer build cache caller channel client cluster commit "
    "config container cursor deadline default deploy digest driver engine entry event export failure fetch filter format "
    "gateway handler header import index input issue journal kernel layer ledger limit loader message metric middleware "
    "module monitor network object option output package parser patch payload pipeline plugin policy pool prefix process "
    "profile proxy queue reader record registry release render replica report request resource result retry route runner "
    "sample schema script secret server service session shard signal socket source state storage stream suite table task "
    "template thread ticket token tracker transport trigger tunnel update upload user value vector version watcher worker"
).split()


def word(random: Random) -> str:
    return random.choice(WORDS)


def name(random: Random, joined_by: str = "_", count: int = 3) -> str:
    return joined_by.join(word(random) for _ in range(count))


def camel(random: Random, count: int = 3) -> str:
    return "".join(word(random).title() for _ in range(count))


def sentence(random: Random) -> str:
    return " ".join(word(random) for _ in range(random.randrange(6, 16))).capitalize() + random.choice(".?!")


def prose(random: Random) -> str:
    return " ".join(sentence(random) for _ in range(random.randrange(2, 12)))


def uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def hexadecimal(random: Random, length: int) -> str:
    return "".join(random.choice(HEX) for _ in range(length))


def integrity(random: Random) -> str:
    return f"sha512-{base64.b64encode(random.randbytes(64)).decode()}"


def version(random: Random) -> str:
    return f"{random.randrange(20)}.{random.randrange(40)}.{random.randrange(40)}"


def git_log(random: Random) -> str:
    commits = [
        f"commit {hexadecimal(random, 40)}\nAuthor: {camel(random, 2)} <{word(random)}@example.org>\n\n    {sentence(random)}"
        for _ in range(random.randrange(2, 7))
    ]
    return "\n\n".join(commits)


def npm_lock(random: Random) -> str:
    entries = []
    for _ in range(random.randrange(2, 8)):
        package, number = name(random, "-", 2), version(random)
        entries.append(
            f'    "node_modules/{package}": {{\n      "version": "{number}",\n'
            f'      "resolved": "https://registry.npmjs.org/{package}/-/{package}-{number}.tgz",\n'
            f'      "integrity": "{integrity(random)}"\n    }}'
        )
    return "{\n" + ",\n".join(entries) + "\n}"


def cargo_lock(random: Random) -> str:
    return "\n\n".join(
        f'[[package]]\nname = "{name(random, "-", 2)}"\nversion = "{version(random)}"\n'
        f'source = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "{hexadecimal(random, 64)}"'
        for _ in range(random.randrange(2, 6))
    )


def go_sum(random: Random) -> str:
    return "\n".join(
        f"github.com/{word(random)}/{word(random)} v{version(random)} h1:{base64.b64encode(random.randbytes(32)).decode()}"
        for _ in range(random.randrange(3, 9))
    )


def image(random: Random) -> str:
    data = base64.b64encode(random.randbytes(random.randrange(400, 4000))).decode()
    return f"![screenshot](data:image/png;base64,{data})"


def minified(random: Random) -> str:
    parts = []
    for _ in range(random.randrange(20, 60)):
        a, b, c = (random.choice(ascii_lowercase) for _ in range(3))
        parts.append(
            random.choice(
                [
                    f"function {a}({b},{c}){{return {b}.{word(random)}({c})?{b}:{c}.{word(random)}||null}}",
                    f"var {a}={{key:{b},token:{c},type:{random.randrange(99)}}};",
                    f"{a}.prototype.{word(random)}=function({b}){{this._{word(random)}={b};return this}};",
                    f'e.exports={{"{word(random)}":n({random.randrange(9999)}),password:{b}.password,secret:!0}};',
                    f't.k="{some(random, ALNUM, 20)}",',
                ]
            )
        )
    return "".join(parts)


def stack_trace(random: Random) -> str:
    frames = [
        f'  File "/srv/app/{name(random, "/")}.py", line {random.randrange(900)}, in {name(random, "_", 2)}\n'
        f"    {word(random)} = self.{name(random)}({word(random)}, token=token, key={word(random)}.key)"
        for _ in range(random.randrange(3, 9))
    ]
    return "Traceback (most recent call last):\n" + "\n".join(frames) + f"\nKeyError: '{name(random)}'"


def diff(random: Random) -> str:
    lines = [
        random.choice("+- ")
        + random.choice(
            [
                f"    {word(random)} = {name(random)}({word(random)})",
                f"    password: str = Field(min_length={random.randrange(20)})",
                f'    api_key = os.environ["{name(random).upper()}"]',
                f"    token = request.headers.get('X-{camel(random, 2)}')",
                f"    self.secret = secret or settings.{name(random)}",
                f'    assert login(user="alice", password="wrong") == {random.randrange(500)}',
            ]
        )
        for _ in range(random.randrange(5, 20))
    ]
    head = f"index {hexadecimal(random, 7)}..{hexadecimal(random, 7)} 100644"
    return f"diff --git a/{word(random)}.py b/{word(random)}.py\n{head}\n@@ -1,4 +1,9 @@\n" + "\n".join(lines)


def env_template(random: Random) -> str:
    values = [
        "", "changeme", "your-key-here", "<your-api-key>", "${SECRET}", "xxxxxxxxxxxxxxxx", "replace_me_please", "***",
        "$(cat /run/secrets/db)", "{{ vault.db.password }}", "sk-your-openai-key", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "xoxb-your-bot-token", "your_secret_key_here_123", "TODO", "password123", "sk_test_replace_with_yours", "AIza...",
    ]  # fmt: skip
    kinds = ["API_KEY", "SECRET", "PASSWORD", "TOKEN", "SECRET_KEY", "ACCESS_TOKEN"]
    lines = [
        f"{word(random).upper()}_{random.choice(kinds)}={random.choice(['', chr(34)])}{random.choice(values)}".replace(
            '=""', "="
        )
        for _ in range(random.randrange(3, 10))
    ]
    lines.append(
        f"DATABASE_URL=postgres://{random.choice(['user:password', 'postgres:postgres', 'USER:PASS'])}@localhost:5432/app"
    )
    return "\n".join(lines)


def log(random: Random) -> str:
    lines = [
        f"2026-03-0{random.randrange(1, 9)}T1{random.randrange(9)}:22:09.{random.randrange(999):03}Z INFO "
        f"{name(random, '.')} request_id={uuid(random)} trace={hexadecimal(random, 32)} token_count={random.randrange(9999)} "
        f"key=user:{random.randrange(99999)} path=/api/{name(random, '/')}?cursor={some(random, URL, 24)}"
        for _ in range(random.randrange(3, 10))
    ]
    return "\n".join(lines)


def docker(random: Random) -> str:
    return "\n".join(
        f"{word(random)}/{word(random)}@sha256:{hexadecimal(random, 64)} {hexadecimal(random, 12)} {random.randrange(900)}MB"
        for _ in range(random.randrange(2, 8))
    )


def checksums(random: Random) -> str:
    return "\n".join(
        f"{sha256(random.randbytes(8)).hexdigest()}  {name(random, '-')}.tar.gz\n"
        f"MD5 ({word(random)}.zip) = {md5(random.randbytes(8)).hexdigest()}"
        for _ in range(random.randrange(2, 6))
    )


def ids(random: Random) -> str:
    lines = [f'"{word(random)}_id": "{uuid(random)}",' for _ in range(random.randrange(2, 9))]
    lines += [f'"agent_id": "{uuid(random)}", "key": "{name(random, ":", 2)}", "etag": "{hexadecimal(random, 32)}"']
    return "\n".join(lines)


def typed_code(random: Random) -> str:
    return "\n".join(
        random.choice(
            [
                f"password: string; // {sentence(random)}",
                f"const token: {camel(random)} = await {name(random, '.', 2)}(secret);",
                f'passwordLabel: "{sentence(random)}",',
                f"private_key = load_pem_private_key({word(random)}, password=None)",
                f'TOKEN_URL = "https://{word(random)}.example.org/oauth2/v{random.randrange(9)}/token"',
                f'secretName: "{name(random, "-", 4)}-{hexadecimal(random, 5)}"',
                f'def check_password(password: str, hashed: str = "{hexadecimal(random, 64)}") -> bool: ...',
                f'"pad_token": "[PAD]", "eos_token": "<|endoftext|>", "max_tokens": {random.randrange(9999)}',
                f'next_page_token = "{some(random, URL, 44)}"',
                f'csrf_token="{some(random, ALNUM, 32)}"',
                f"if api_key == '{word(random)}' or password != \"{word(random)}1\":",
                f'password_hash = "$2b$12${some(random, ALNUM, 53)}"',
                f'SECRET_ARN="arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/{word(random)}-{some(random, ALNUM, 6)}"',
                f"tokenizer.add_special_tokens({{'mask_token': '<mask_{random.randrange(99)}>'}})",
            ]
        )
        for _ in range(random.randrange(3, 10))
    )


def notebook(random: Random) -> str:
    return f'{{"cell_type": "code", "id": "{hexadecimal(random, 8)}", "outputs": [{{"image/png": "{some(random, BASE64, 900)}"}}]}}'


def certificate(random: Random) -> str:
    body = "\n".join(some(random, BASE64, 64) for _ in range(random.randrange(8, 20)))
    kind = random.choice(["CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST", "PGP PUBLIC KEY BLOCK"])
    key = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{some(random, BASE64, 43)} {word(random)}@host"
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n{key}"


def css_and_html(random: Random) -> str:
    return "\n".join(
        f'<div class="sk-{word(random)}-{word(random)} task-{hexadecimal(random, 32)}" data-key="{name(random, "-")}">'
        f'<link href="/static/{word(random)}.{hexadecimal(random, 20)}.js" integrity="{integrity(random)}">'
        for _ in range(random.randrange(1, 5))
    )


def contracts(random: Random) -> str:
    address = f"0x{hexadecimal(random, 40)}"
    return random.choice(
        [
            f"token: {address}",
            f'{{"chainId": {random.randrange(99)}, "token": "{address}", "decimals": 18}}',
            f"TOKEN_ADDRESS={address}\nAPI_TOKEN={address}",
            f'const token = new Contract("{address}", abi);  // {sentence(random)}',
        ]
    )


def talk_of_secrets(random: Random) -> str:
    return random.choice(
        [
            "The filter blocks AKIA keys and ghp_ tokens, see the table.",
            "Set OPENAI_API_KEY (it starts with sk-proj-) in the environment; never commit it.",
            "A JWT begins with eyJ, then a dot, then the claims.",
            "The password is in the vault under prod/db; ask the operator for the token.",
            "Rotate the Slack token (xoxb-...) and the AIza key.",
            "use `Authorization: Bearer <token>` or `Bearer $TOKEN`",
            "postgres://user:***@db/app and https://$USER:$PASS@example.org fail the same way",
            "pip install detect-secrets; it knows glpat- and npm_ prefixes",
            "password=$(openssl rand -base64 24); echo done",
            "secret_key = secrets.token_hex(32); token = jwt.encode(claims, key)",
        ]
    ) + " " + sentence(random)  # fmt: skip


def names_in_c(random: Random) -> str:
    return f"{random.choice(['acb', 'arb', 'hf', 'npm'])}_{name(random, '_')}_{name(random, '_')}(res, z, prec);"


TEXTS: Texts = {
    "prose": prose,
    "git log": git_log,
    "npm lock file": npm_lock,
    "Cargo.lock": cargo_lock,
    "go.sum": go_sum,
    "inline image": image,
    "minified code": minified,
    "stack trace": stack_trace,
    "diff": diff,
    "environment template": env_template,
    "log": log,
    "image digests": docker,
    "checksums": checksums,
    "ids": ids,
    "code": typed_code,
    "notebook": notebook,
    "certificates": certificate,
    "markup": css_and_html,
    "contracts": contracts,
    "talk of secrets": talk_of_secrets,
    "names in C": names_in_c,
}
