"""Who may call the tick and bring events back: tokens signed by a key of the test's own."""

import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt
from hypothesis import given
from hypothesis import strategies as st
from tests.kube.fakes import FakeClock

from triggerfish.runtime.callers import CallerPolicy, Callers, Certificates, certificates

AUDIENCE = "https://cron.example.com"
EMAIL = "scheduler@project.iam.gserviceaccount.com"
POLICY = CallerPolicy(audience=AUDIENCE, email=EMAIL)


class Key:
    def __init__(self, name):
        self.name = name
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        self.signer = crypt.RSASigner.from_string(pem, name)
        self.public = (
            private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    def token(self, **claims):
        now = int(time.time())
        payload = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "email": EMAIL,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        }
        payload.update(claims)
        payload = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(self.signer, payload).decode()


@pytest.fixture(scope="module")
def key():
    return Key("one")


@pytest.fixture(scope="module")
def other():
    return Key("two")


class Google:
    """Gives the certificates of ``keys``, and counts the questions."""

    def __init__(self, *keys, seconds=3600.0):
        self.keys, self.seconds, self.asked, self.error = keys, seconds, 0, None

    async def __call__(self):
        self.asked += 1
        if self.error:
            raise self.error
        return Certificates({key.name: key.public for key in self.keys}, self.seconds)


def callers(google, clock=None):
    return Callers(clock or FakeClock(), google)


async def test_the_shared_token_admits():
    assert await callers(Google()).refusal(["Bearer hush"], CallerPolicy(token="hush")) is None


async def test_an_oidc_token_of_the_right_caller_admits(key):
    assert await callers(Google(key)).refusal([f"bearer  {key.token()}"], POLICY) is None


async def test_either_admits_where_both_are_set(key):
    both = CallerPolicy("hush", AUDIENCE, EMAIL)
    for token in ("hush", key.token()):
        assert await callers(Google(key)).refusal([f"Bearer {token}"], both) is None


@pytest.mark.parametrize(
    ("header", "policy"),
    [
        pytest.param([], CallerPolicy(token="hush"), id="no header"),
        pytest.param([""], CallerPolicy(token="hush"), id="an empty header"),
        pytest.param(["Bearer"], CallerPolicy(token="hush"), id="no token"),
        pytest.param(["Bearer "], CallerPolicy(), id="an empty token is not an unset one"),
        pytest.param(["Bearer hush"], CallerPolicy(), id="an empty policy admits nobody"),
        pytest.param(["Basic hush"], CallerPolicy(token="hush"), id="another scheme"),
        pytest.param(["Bearer hus"], CallerPolicy(token="hush"), id="a part of it"),
        pytest.param(["Bearer hush1"], CallerPolicy(token="hush"), id="more than it"),
        pytest.param(["Bearer hüsh"], CallerPolicy(token="hüsh"), id="not ASCII"),
        pytest.param(["Bearer hush", "Bearer hush"], CallerPolicy(token="hush"), id="two headers"),
        pytest.param(["Bearer " + "x" * 20000], POLICY, id="too long"),
        pytest.param(["Bearer a.b.c"], POLICY, id="no OIDC token"),
        pytest.param(["Bearer ..."], POLICY, id="dots"),
        pytest.param(["Bearer eyJhbGciOiJub25lIn0.e30."], POLICY, id="algorithm none"),
        pytest.param(["Bearer hush"], CallerPolicy(audience=AUDIENCE), id="no e-mail set"),
        pytest.param(["Bearer hush"], CallerPolicy(email=EMAIL), id="no audience set"),
    ],
)
async def test_who_is_not_admitted(key, header, policy):
    refusal = await callers(Google(key)).refusal(header, policy)
    assert refusal
    assert "hush" not in refusal


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"aud": "https://elsewhere"}, id="another audience"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"iss": "https://evil.example.com"}, id="another issuer"),
        pytest.param({"email": "stranger@project.iam.gserviceaccount.com"}, id="another caller"),
        pytest.param({"email": EMAIL.upper()}, id="another spelling"),
        pytest.param({"email": None}, id="no e-mail"),
        pytest.param({"email": [EMAIL]}, id="a list"),
        pytest.param({"email_verified": False}, id="not verified"),
        pytest.param({"email_verified": "true"}, id="verified in words"),
        pytest.param({"email_verified": None}, id="nothing about it"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"exp": None}, id="without end"),
        pytest.param({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, id="from the future"),
    ],
)
async def test_tokens_that_prove_too_little(key, claims):
    assert await callers(Google(key)).refusal([f"Bearer {key.token(**claims)}"], POLICY)


async def test_a_token_of_another_key_with_the_same_name_is_refused(key):
    forger = Key(key.name)
    assert await callers(Google(key)).refusal([f"Bearer {forger.token()}"], POLICY)


async def test_a_token_changed_by_a_character_is_refused(key):
    token = key.token()
    middle = token.index(".") + 20
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    assert await callers(Google(key)).refusal([f"Bearer {changed}"], POLICY)


async def test_certificates_are_kept_and_asked_for_again_when_a_key_is_new(key, other):
    clock, google = FakeClock(), Google(key)
    checks = callers(google, clock)
    for _ in range(3):
        assert await checks.refusal([f"Bearer {key.token()}"], POLICY) is None
    assert google.asked == 1
    google.keys = (key, other)
    assert await checks.refusal([f"Bearer {other.token()}"], POLICY)
    assert google.asked == 1, "a stranger's key is no reason to ask at once"
    clock.advance(61)
    assert await checks.refusal([f"Bearer {other.token()}"], POLICY) is None
    assert google.asked == 2
    clock.advance(3601)
    assert await checks.refusal([f"Bearer {other.token()}"], POLICY) is None
    assert google.asked == 3


async def test_without_certificates_nobody_is_admitted(key):
    google = Google(key)
    google.error = OSError("hush")
    refusal = await callers(google).refusal([f"Bearer {key.token()}"], POLICY)
    assert refusal == "Google's certificates were not found: OSError"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("public, max-age=19800, must-revalidate", 19800.0), ("no-store", 60.0), ("", 60.0), ("max-age=", 60.0)],
)
def test_certificates_say_how_long_they_may_be_kept(header, seconds):
    assert certificates({"k": "PEM"}, header).seconds == seconds


@pytest.mark.parametrize("keys", [[], None, {"k": 1}], ids=repr)
def test_certificates_that_are_none_are_refused(keys):
    with pytest.raises(ValueError, match="not a mapping"):
        certificates(keys, "")


def test_a_policy_s_repr_hides_the_token():
    assert "hush" not in repr(CallerPolicy(token="hush"))


def test_half_a_policy_is_not_an_empty_one():
    assert CallerPolicy().is_empty
    assert not CallerPolicy(audience=AUDIENCE).is_empty


@given(st.text(max_size=80), st.text(st.characters(codec="latin-1"), max_size=40))
async def test_no_header_crashes_it(header, part):
    for value in (header, f"Bearer {part}.{header}.{part}"):
        assert await callers(Google()).refusal([value], POLICY)


BROKER = "system:serviceaccount:triggerfish:broker"


class Cluster:
    """Says whom a token proves for an audience, and counts the questions."""

    def __init__(self, known, error=None):
        self.known, self.error, self.asked = known, error, 0

    async def __call__(self, token, audience):
        self.asked += 1
        if self.error:
            raise self.error
        return self.known.get((token, audience), "")


@pytest.mark.parametrize(
    ("token", "audience", "refused"),
    [
        pytest.param("of-broker", "events", None, id="the broker"),
        pytest.param("of-broker", "another", "does not accept the token", id="for another audience"),
        pytest.param("of-other", "events", "another account", id="another service account"),
        pytest.param("unknown", "events", "does not accept the token", id="a token of nobody"),
    ],
)
async def test_a_service_account_of_the_cluster(token, audience, refused):
    cluster = Cluster({("of-broker", "events"): BROKER, ("of-other", "events"): BROKER + "s"})
    found = Callers(FakeClock(), Google(), cluster)
    policy = CallerPolicy(audience=audience, email=BROKER)
    why = await found.refusal([f"Bearer {token}"], policy)
    assert why is None if refused is None else refused in why
    assert token not in (why or "")


async def test_the_cluster_is_asked_once_in_ten_seconds():
    clock, cluster = FakeClock(), Cluster({("of-broker", "events"): BROKER})
    found, policy = Callers(clock, Google(), cluster), CallerPolicy(audience="events", email=BROKER)
    for _ in range(3):
        assert await found.refusal(["Bearer of-broker"], policy) is None
    assert cluster.asked == 1
    clock.advance(11)
    assert await found.refusal(["Bearer of-broker"], policy) is None
    assert cluster.asked == 2


async def test_no_answer_of_the_cluster_admits_nobody():
    found = Callers(FakeClock(), Google(), Cluster({}, error=OSError("reset")))
    why = await found.refusal(["Bearer of-broker"], CallerPolicy(audience="events", email=BROKER))
    assert "did not answer" in why


async def test_without_a_way_to_ask_the_cluster_nobody_of_it_is_admitted():
    policy = CallerPolicy(audience="events", email=BROKER)
    assert await callers(Google()).refusal(["Bearer of-broker"], policy)
