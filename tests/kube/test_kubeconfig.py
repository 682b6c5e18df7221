"""Kubeconfig files: merging as kubectl does, and errors that never quote a credential."""

import base64

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.errors import SettingError
from triggerfish.kube.kubeconfig import Material, current_context

PEM = "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n"


def b64(text):
    return base64.b64encode(text.encode()).decode()


def config(user=None, *, cluster=None, **more):
    return yaml.safe_dump(
        {
            "current-context": "dev",
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://k:6443", **(cluster or {})}}],
            "users": [{"name": "u", "user": user or {}}],
            **more,
        }
    )


def read(user=None, **more):
    return current_context({"/home/me/.kube/config": config(user, **more)})


def test_a_static_token():
    assert read({"token": "t"}).token == Material(text="t")


def test_a_token_file_wins_over_a_token_and_is_relative_to_its_kubeconfig():
    assert read({"token": "t", "tokenFile": "sub/token"}).token == Material(path="/home/me/.kube/sub/token")


def test_a_client_certificate_from_data_and_files():
    context = read({"client-certificate-data": b64(PEM), "client-key": "/etc/key.pem"})
    assert context.certificate == Material(text=PEM)
    assert context.key == Material(path="/etc/key.pem")


def test_the_cluster_part():
    context = read(
        cluster={
            "certificate-authority": "ca.crt",
            "insecure-skip-tls-verify": True,
            "tls-server-name": "kubernetes",
            "proxy-url": "http://proxy:3128",
        }
    )
    assert context.ca == Material(path="/home/me/.kube/ca.crt")
    assert (context.verify, context.tls_name, context.proxy) == (False, "kubernetes", "http://proxy:3128")


@pytest.mark.parametrize("plugin", ["exec", "auth-provider"])
def test_a_plugin_is_needed_only_when_there_is_nothing_else(plugin):
    assert read({plugin: {"command": "x"}}).plugin
    assert not read({plugin: {"command": "x"}, "token": "t"}).plugin


def test_the_first_file_to_name_something_wins():
    first = config({"token": "first"})
    second = config({"token": "second"}, cluster={"server": "https://other"})
    context = current_context({"/a/one": first, "/b/two": second})
    assert (context.token.text, context.server) == ("first", "https://k:6443")


def test_parts_from_several_files_join_and_keep_their_own_folder():
    names = yaml.safe_dump(
        {"current-context": "dev", "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}]}
    )
    rest = yaml.safe_dump(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://k", "certificate-authority": "ca"}}],
            "users": [{"name": "u", "user": {"tokenFile": "t"}}],
        }
    )
    context = current_context({"/a/names": names, "/b/rest": rest})
    assert (context.ca.path, context.token.path) == ("/b/ca", "/b/t")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("a: [hush", "not YAML", id="broken YAML is not quoted"),
        pytest.param("- hush", "not a mapping", id="a list"),
        pytest.param("{}", "current-context", id="nothing chosen"),
        pytest.param(config(contexts=[]), "no context named 'dev'", id="no such context"),
        pytest.param(config(users=[]), "no user named 'u'", id="no such user"),
        pytest.param(config(users=["hush"]), "not a mapping", id="an entry that is no mapping"),
        pytest.param(config(cluster={"server": "k:6443"}), "takes a URL", id="no scheme"),
        pytest.param(
            config({"as": "root", "token": "hush"}), "impersonation", id="as is not left out silently"
        ),
        pytest.param(config({"username": "a", "password": "hush"}), "user name", id="basic auth"),
        pytest.param(
            config({"client-key-data": b64("hush")}), "only one of", id="a key without a certificate"
        ),
        pytest.param(
            config({"client-key-data": "hush!", "client-certificate-data": b64(PEM)}),
            "base64",
            id="no base64",
        ),
    ],
)
def test_errors_name_the_part_and_quote_no_credential(text, says):
    with pytest.raises(SettingError, match=says) as caught:
        current_context({"/k": text})
    assert "hush" not in str(caught.value)


def test_a_repr_shows_no_credential():
    context = read({"token": "hush"}, cluster={"proxy-url": "http://me:hush@proxy"})
    assert "hush" not in repr(context)


@given(st.text(max_size=200))
def test_any_text_is_a_context_or_a_setting_error(text):
    with pytest.raises(SettingError):
        current_context({"/k": text})
