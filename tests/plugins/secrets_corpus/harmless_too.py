# ruff: noqa: E501 - texts as they look where they come from
"""Texts of ordinary work that hold no secret: the held-out part, of other kinds than the tuning part."""

from __future__ import annotations

import base64
from random import Random

from tests.plugins.secrets_corpus.harmless import (
    Texts,
    camel,
    hexadecimal,
    integrity,
    name,
    sentence,
    uuid,
    version,
    word,
)
from tests.plugins.secrets_corpus.tokens import ALNUM, BASE64, URL, some


def yarn_lock(random: Random) -> str:
    return "\n\n".join(
        f'{name(random, "-", 2)}@^{version(random)}:\n  version "{version(random)}"\n'
        f'  resolved "https://registry.yarnpkg.com/{word(random)}.tgz#{hexadecimal(random, 40)}"\n  integrity {integrity(random)}'
        for _ in range(random.randrange(2, 6))
    )


def poetry_lock(random: Random) -> str:
    files = "\n".join(
        f'    {{file = "{name(random)}-{version(random)}-py3-none-any.whl", hash = "sha256:{hexadecimal(random, 64)}"}},'
        for _ in range(random.randrange(2, 9))
    )
    return f'[[package]]\nname = "{word(random)}"\nfiles = [\n{files}\n]\ncontent-hash = "{hexadecimal(random, 64)}"'


def kubernetes(random: Random) -> str:
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name(random, '-')}-{hexadecimal(random, 10)}-{some(random, 'bcdfghjklmnpqrstvwxz2456789', 5)}\n"
        f"  uid: {uuid(random)}\nspec:\n  containers:\n  - image: ghcr.io/{word(random)}/{word(random)}@sha256:{hexadecimal(random, 64)}\n"
        f"    env:\n    - name: {word(random).upper()}_PASSWORD\n      valueFrom:\n        secretKeyRef:\n"
        f"          name: {name(random, '-', 2)}-credentials\n          key: password\n"
        f"    - name: API_TOKEN\n      value: $(API_TOKEN)\n"
        f"    volumeMounts: [{{name: kube-api-access-{some(random, 'bcdfghjklmnp24578', 5)}, mountPath: /var/run/secrets}}]"
    )


def terraform(random: Random) -> str:
    return (
        f'resource "aws_iam_access_key" "{word(random)}" {{ user = aws_iam_user.{word(random)}.name }}\n'
        f'variable "db_password" {{\n  type = string\n  sensitive = true\n}}\n'
        f'secret_id = "projects/{random.randrange(10**11)}/secrets/{name(random, "-")}/versions/{random.randrange(40)}"\n'
        f'kms_key_id = "arn:aws:kms:eu-west-1:{random.randrange(10**12):012}:key/{uuid(random)}"\n'
        f'password = var.db_password\ntoken = data.{name(random, ".")}.token\nami = "ami-0{hexadecimal(random, 16)}"'
    )


def workflow(random: Random) -> str:
    return (
        f"jobs:\n  {word(random)}:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"    - uses: actions/checkout@{hexadecimal(random, 40)} # v{version(random)}\n"
        f"      with:\n        token: ${{{{ secrets.GITHUB_TOKEN }}}}\n"
        f"    - run: ./{word(random)}.sh --password-stdin < {word(random)}.txt\n      env:\n"
        f"        NPM_TOKEN: ${{{{ secrets.{word(random).upper()}_TOKEN }}}}\n        CACHE_KEY: {word(random)}-{hexadecimal(random, 64)}"
    )


def tests_of_code(random: Random) -> str:
    lines = [
        f'client.login(username="{word(random)}", password="{random.choice(["secret", "pass1234", "hunter2", "test-password"])}")',
        f'assert parse("{name(random, ".")}") == {{"token": "{word(random)}-{random.randrange(99)}"}}',
        f'with pytest.raises({camel(random, 2)}Error, match="invalid token at position {random.randrange(99)}"):',
        f'monkeypatch.setenv("{word(random).upper()}_API_KEY", "test-{word(random)}-key")',
        f'headers = {{"Authorization": f"Bearer {{{word(random)}_token}}", "X-Request-Id": "{uuid(random)}"}}',
        f'user = UserFactory(password_hash="pbkdf2_sha256$600000${some(random, ALNUM, 22)}${some(random, BASE64, 43)}=")',
        f'page = api.list(page_token="{some(random, URL, 60)}", limit={random.randrange(99)})',
        f'key = f"{word(random)}:{{user.id}}:{{version}}"; secret = "{name(random, " ")}"',
        f'VERSION_KEY = "{word(random)}/{version(random)}/{hexadecimal(random, 7)}"',
        f'public_key = "{some(random, BASE64, 43)}="',
    ]
    return "\n".join(random.sample(lines, random.randrange(3, len(lines))))


def react(random: Random) -> str:
    return "\n".join(
        random.choice(
            [
                f'<Input type="password" name="password" placeholder="{sentence(random)}" key="{name(random, "-")}" />',
                f"const [{word(random)}Token, set{camel(random, 1)}Token] = useState<string | null>(null);",
                f'import {{ {camel(random)} }} from "@{word(random)}/{name(random, "-")}"; // {hexadecimal(random, 8)}',
                f"const PASSWORD_RULE = /^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d@$!%*?&]{{8,{random.randrange(9, 99)}}}$/;",
                f'localStorage.setItem("{camel(random)}AccessToken", response.data.accessToken);',
                f"export const {word(random).upper()}_TOKEN_KEY = '{word(random)}.auth.{word(random)}.v{random.randrange(9)}';",
                f'labels: {{ password: "Passwort", newPassword: "Neues Passwort", token: "{word(random)}" }},',
            ]
        )
        for _ in range(random.randrange(3, 9))
    )


def sql(random: Random) -> str:
    return (
        f"CREATE USER {word(random)} WITH PASSWORD :'password';\nALTER ROLE {word(random)} SET search_path = {word(random)};\n"
        f"INSERT INTO {word(random)}s (id, digest, body) VALUES ('{uuid(random)}', '\\x{hexadecimal(random, 64)}', '{sentence(random)}');\n"
        f"SELECT password_digest, token_type FROM users WHERE api_key_id = {random.randrange(9999)};"
    )


def dump(random: Random) -> str:
    return "\n".join(
        f"{offset:08x}  {' '.join(hexadecimal(random, 2) for _ in range(16))}  |{some(random, ALNUM, 16)}|"
        for offset in range(0, 16 * random.randrange(4, 20), 16)
    )


def chat(random: Random) -> str:
    return "\n\n".join(
        random.choice(
            [
                f"I read `{name(random, '/')}.py` and {sentence(random).lower()}",
                f"LGTM. Merged as {hexadecimal(random, 10)}; the build is {random.randrange(9999)}.",
                f"@{word(random)} the token bucket refills {random.randrange(99)} per second; key: {word(random)}.",
                f"Secret santa: {sentence(random)} The password must have 12 characters, e.g. a passphrase.",
                f"Thread {uuid(random)} is done, seq {random.randrange(999)}; reply_token was stale.",
                f"See https://example.org/{name(random, '-')}/{hexadecimal(random, 24)}?sig={hexadecimal(random, 8)}#{word(random)}",
                f"1. {sentence(random)}\n2. {sentence(random)}\n   - {sentence(random)}",
                "Die Umgebungsvariable API_KEY fehlt: `KeyError: 'API_KEY'`. Passwort: siehe Tresor.",
            ]
        )
        for _ in range(random.randrange(2, 8))
    )


def urls(random: Random) -> str:
    return "\n".join(
        random.choice(
            [
                f"https://{word(random)}.example.org:8443/{name(random, '/')}?v={hexadecimal(random, 12)}",
                f"git@github.com:{word(random)}/{word(random)}.git ssh://git@example.org:22/{word(random)}",
                "redis://localhost:6379/0 amqp://guest:guest@localhost:5672/ mongodb://root:example@mongo:27017",
                f"http://user@example.org/ mailto:{word(random)}@example.org sip:{word(random)}:5060@example.org",
                f"https://cdn.example.org/npm/{word(random)}@{version(random)}/dist/{word(random)}.min.js:1:{random.randrange(99999)}",
                "jdbc:postgresql://db:5432/app?user=app&password=${DB_PASSWORD}",
                f"magnet:?xt=urn:btih:{hexadecimal(random, 40)}&dn={word(random)}",
            ]
        )
        for _ in range(random.randrange(2, 8))
    )


def source_map(random: Random) -> str:
    segments = ";".join(",".join(some(random, BASE64, 4) for _ in range(random.randrange(1, 9))) for _ in range(80))
    return f'{{"version":3,"file":"{word(random)}.js","mappings":"{segments}"}}'


def binary_text(random: Random) -> str:
    return f"payload (base64): {base64.b64encode(random.randbytes(random.randrange(50, 3000))).decode()}"


def url_safe(random: Random) -> str:
    return f"blob={base64.urlsafe_b64encode(random.randbytes(random.randrange(50, 3000))).decode()}"


def wallet(random: Random) -> str:
    return (
        f"tx 0x{hexadecimal(random, 64)} from 0x{hexadecimal(random, 40)}\n"
        f"ipfs://bafybei{some(random, 'abcdefghijklmnopqrstuvwxyz234567', 52)} address: {some(random, ALNUM, 44)}"
    )


def model_config(random: Random) -> str:
    return (
        f'{{"bos_token": "<s>", "unk_token_id": {random.randrange(999)}, "tokenizer_class": "{camel(random)}TokenizerFast", '
        f'"vocab_sha": "{hexadecimal(random, 40)}", "max_new_tokens": {random.randrange(4096)}, '
        f'"key_value_proj_dim": {random.randrange(256)}, "special_tokens_map_file": "/models/{name(random, "/")}.json"}}'
    )


TEXTS: Texts = {
    "yarn.lock": yarn_lock,
    "poetry.lock": poetry_lock,
    "Kubernetes": kubernetes,
    "Terraform": terraform,
    "workflow": workflow,
    "tests": tests_of_code,
    "components": react,
    "SQL": sql,
    "hex dump": dump,
    "chat": chat,
    "addresses": urls,
    "source map": source_map,
    "base64": binary_text,
    "base64url": url_safe,
    "chains": wallet,
    "model configuration": model_config,
}
