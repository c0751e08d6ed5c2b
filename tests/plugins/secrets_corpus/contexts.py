# ruff: noqa: E501 - snippets as they look where they come from
"""Secrets that only what stands around them tells: under a name, in an address, after a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from string import digits

from tests.plugins.secrets_corpus.tokens import ALNUM, BASE64, HEX, Maker, some

Contexts = Mapping[str, Sequence[Maker]]


def password(random: Random) -> str:
    """Return what a password manager would: letters, digits and a mark."""
    return some(random, ALNUM, 11) + random.choice("!#%*+?") + some(random, ALNUM, 4) + random.choice(digits)


def _around(make: Maker, form: str) -> Maker:
    return lambda random: form.replace("{}", make(random))


def _with_password(*forms: str) -> Sequence[Maker]:
    return [_around(password, form) for form in forms]


def _with(alphabet: str, length: int, *forms: str) -> Sequence[Maker]:
    return [_around(lambda random: some(random, alphabet, length), form) for form in forms]


def _connection(form: str) -> Maker:
    return lambda random: form.replace("{}", some(random, ALNUM, 12) + random.choice(digits))


TUNING: Contexts = {
    "Connection String Password": [
        _connection("DATABASE_URL=postgres://app:{}@db.internal:5432/app"),
        _connection("It connects to `mongodb+srv://svc:{}@cluster0.abcde.mongodb.net/test` now."),
        _connection("redis://:{}@cache:6379/0"),
        _connection("amqps://worker:{}@mq.example.org/vhost"),
        _connection("mysql+pymysql://root:{}@10.0.0.5/shop"),
        _connection("Server=tcp:sql.example.org,1433;Database=shop;User ID=app;Password={};Encrypt=true;"),
    ],
    "Basic Auth Credentials": [_connection("git clone https://deploy:{}@git.example.org/team/app.git")],
    "Azure Storage Key": [
        lambda random: f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={some(random, BASE64, 86)}==;",
    ],
    "AWS Secret Access Key": [
        *_with(BASE64, 40, 'aws_secret_access_key = "{}"', "AWS_SECRET_ACCESS_KEY={}", '"SecretAccessKey": "{}",'),
    ],
    "Bearer Token": [*_with(ALNUM, 40, "curl -H 'Authorization: Bearer {}' https://api.example.org/v1/me")],
    "Agent Token": [*_with(HEX, 64, 'agent_register answered {"token": "{}"}', "X-Agent-Token: {}")],
    "Secret Assignment": [
        *_with(ALNUM, 32, 'api_key = "{}"', "CLIENT_SECRET={}", "const apiKey = '{}';", '"auth_token": "{}"'),
        *_with(HEX, 40, 'SECRET_KEY = "{}"', "api-key: '{}'"),
        *_with_password('password = "{}"', "DB_PASSWORD={}", '{"user": "app", "passwd": "{}"}', "PWD: '{}'"),
    ],
}

HELD_OUT: Contexts = {
    "Connection String Password": [
        _connection("engine = create_engine('postgresql+asyncpg://svc:{}@pg-0.pg:5432/orders')"),
        _connection("spring.data.mongodb.uri=mongodb://reporting:{}@mongo-1:27017,mongo-2:27017/reports"),
        _connection("rediss://default:{}@eu1-cache.example.org:6380"),
        _connection('conn = "Data Source=sql01;Initial Catalog=crm;User Id=crm_app;Pwd={};TrustServerCertificate=true"'),
        _connection("clickhouse://writer:{}@ch.internal/default?secure=1"),
    ],
    "Basic Auth Credentials": [
        _connection("pip install --index-url https://ci:{}@pypi.example.org/simple widgets"),
        _connection("ftp://backup:{}@files.example.org/nightly"),
    ],
    "Azure Storage Key": [
        lambda random: f"az storage blob list --connection-string 'AccountName=x;AccountKey={some(random, BASE64, 86)}=='",
    ],
    "AWS Secret Access Key": [
        *_with(BASE64, 40, "export AWS_SECRET_ACCESS_KEY='{}'", "secret_key: {}", "secretAccessKey: '{}',"),
    ],
    "Bearer Token": [*_with(ALNUM, 48, '{"Authorization": "Bearer {}"}', "authorization: bearer {}")],
    "Agent Token": [*_with(HEX, 64, "X-Agent-Token: {}", "my token is: agent_token={}")],
    "Secret Assignment": [
        *_with(ALNUM, 40, "X-Api-Key: {}", 'client_secret: "{}"', "'api_secret' => '{}'", 'apiToken := "{}"'),
        *_with(HEX, 32, '"ApiKey":"{}"', "signing_secret = '{}'", 'export SESSION_SECRET="{}"'),
        *_with_password(
            "spring.datasource.password={}", "PGPASSWORD='{}' psql -h db", "'password' => '{}',", 'password: "{}"',
            "<password>{}</password>", 'db_pass = r"{}"', "smtp_password: '{}'", "passphrase = `{}`",
        ),
    ],
}  # fmt: skip
