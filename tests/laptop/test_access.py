"""Who a request comes from, what it may do, and what it is told when it may not."""

import base64
import json

import pytest

RBAC = "rbac.authorization.k8s.io"
READ = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}


def maps(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.mark.parametrize(
    ("token", "id_"),
    [
        pytest.param("", "none", id="no credentials"),
        pytest.param("wrong", "wrong", id="a token of nobody"),
        pytest.param("a.b.c", "jwt", id="something like a JSON web token"),
        pytest.param("v2:abc", "sso", id="a token of another system"),
    ],
)
def test_no_good_credentials(embedded, token, id_):
    status, answer = embedded.request("GET", "/api/v1/namespaces", token=token)
    assert (status, answer["reason"], answer["message"]) == (401, "Unauthorized", "Unauthorized")


@pytest.mark.parametrize("path", ["/version", "/healthz", "/livez", "/readyz"])
def test_health_and_version_are_for_everybody(embedded, path):
    assert embedded.raw("GET", path, token="")[0] == 200


def test_a_role_allows_what_it_says_and_no_more(embedded, namespace):
    token = embedded.service_account(namespace, "reader", [READ])
    assert embedded.request("GET", maps(namespace), token=token)[0] == 200
    status, answer = embedded.request("POST", maps(namespace), {"metadata": {"name": "a"}}, token=token)
    assert status == 403
    assert answer["message"] == (
        f'configmaps is forbidden: User "system:serviceaccount:{namespace}:reader" cannot create resource '
        f'"configmaps" in API group "" in the namespace "{namespace}"'
    )
    assert (answer["reason"], answer["details"]) == ("Forbidden", {"kind": "configmaps"})


@pytest.mark.parametrize(
    "path", ["/api/v1/configmaps", "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces"]
)
def test_a_role_ends_at_its_namespace(embedded, namespace, path):
    token = embedded.service_account(namespace, "reader", [READ])
    assert embedded.request("GET", path, token=token)[0] == 403


def test_cluster_wide_refusals_say_so(embedded, namespace):
    token = embedded.service_account(namespace, "nobody")
    _, answer = embedded.request("GET", "/api/v1/configmaps", token=token)
    assert answer["message"].endswith(
        'cannot list resource "configmaps" in API group "" at the cluster scope'
    )


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        pytest.param("GET", "/mine", 200, id="the named object"),
        pytest.param("GET", "/other", 403, id="another object"),
        pytest.param("GET", "", 403, id="the list"),
        pytest.param("GET", "?fieldSelector=metadata.name%3Dmine", 200, id="the list of just that one"),
        pytest.param("DELETE", "/mine", 403, id="another verb"),
    ],
)
def test_resource_names(embedded, namespace, method, path, code):
    for name in ("mine", "other"):
        embedded.request("POST", maps(namespace), {"metadata": {"name": name}})
    rule = {**READ, "resourceNames": ["mine"]}
    token = embedded.service_account(namespace, "one", [rule])
    assert embedded.request(method, maps(namespace) + path, token=token)[0] == code


def test_a_subresource_is_a_right_of_its_own(embedded, namespace):
    rule = {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["*"]}
    token = embedded.service_account(namespace, "accounts", [rule])
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    status, answer = embedded.request("POST", path, {"spec": {}}, token=token)
    assert status == 403
    assert 'cannot create resource "serviceaccounts/token"' in answer["message"]


def test_a_right_ends_with_its_binding(embedded, namespace):
    token = embedded.service_account(namespace, "reader", [READ])
    assert embedded.request("GET", maps(namespace), token=token)[0] == 200
    embedded.request("DELETE", f"/apis/{RBAC}/v1/namespaces/{namespace}/rolebindings/reader")
    assert embedded.request("GET", maps(namespace), token=token)[0] == 403


def test_nobody_gives_away_what_they_do_not_have(embedded, namespace):
    # All verbs would hold `escalate` and `bind`.
    rules = [READ, {"apiGroups": [RBAC], "resources": ["roles", "rolebindings"], "verbs": ["create"]}]
    token = embedded.service_account(namespace, "climber", rules)
    path = f"/apis/{RBAC}/v1/namespaces/{namespace}"
    role = {"metadata": {"name": "r"}, "rules": [{**READ, "resources": ["secrets"]}]}
    status, answer = embedded.request("POST", f"{path}/roles", role, token=token)
    assert status == 403
    assert "is attempting to grant RBAC permissions not currently held" in answer["message"]
    role["rules"] = [READ]
    assert embedded.request("POST", f"{path}/roles", role, token=token)[0] == 201
    binding = {
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": "climber", "namespace": namespace}],
    }
    assert embedded.request("POST", f"{path}/rolebindings", binding, token=token)[0] == 403


def test_an_apply_that_creates_is_a_create(embedded, namespace):
    rule = {**READ, "verbs": ["get", "patch"]}
    token = embedded.service_account(namespace, "patcher", [rule])

    def apply(value):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": value}}
        return embedded.request(
            "PATCH",
            f"{maps(namespace)}/a",
            body,
            token=token,
            content_type="application/apply-patch+yaml",
            query={"fieldManager": "tests"},
        )

    status, answer = apply("1")
    assert status == 403
    assert 'cannot create resource "configmaps"' in answer["message"]
    embedded.request("POST", maps(namespace), {"metadata": {"name": "a"}})
    assert apply("2")[0] == 200


def test_the_role_of_a_binding_stays(embedded, namespace):
    embedded.service_account(namespace, "reader", [READ])
    path = f"/apis/{RBAC}/v1/namespaces/{namespace}/rolebindings/reader"
    patch = {"roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "admin"}}
    status, answer = embedded.request("PATCH", path, patch, content_type="application/merge-patch+json")
    assert (status, answer["details"]["causes"][0]["field"]) == (422, "roleRef")


# Tokens


def token_request(embedded, namespace, name="default", **spec):
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    return embedded.request("POST", path, {"spec": spec})


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def whoami(embedded, token):
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    status, answer = embedded.request("POST", path, {}, token=token)
    return answer["status"]["userInfo"]["username"] if status == 201 else status


def test_a_token_request(embedded, namespace):
    status, answer = token_request(embedded, namespace, expirationSeconds=1200)
    assert (status, answer["kind"]) == (201, "TokenRequest")
    token = answer["status"]["token"]
    found = claims(token)
    assert found["exp"] - found["iat"] == 1200
    assert found["sub"] == f"system:serviceaccount:{namespace}:default"
    assert answer["status"]["expirationTimestamp"].endswith("Z")
    assert whoami(embedded, token) == f"system:serviceaccount:{namespace}:default"


def test_a_token_for_less_than_ten_minutes(embedded, namespace):
    status, answer = token_request(embedded, namespace, expirationSeconds=599)
    assert (status, answer["reason"]) == (422, "Invalid")
    assert answer["details"]["causes"][0]["field"] == "spec.expirationSeconds"


def test_a_token_for_another_audience_opens_nothing_here(embedded, namespace):
    _, answer = token_request(embedded, namespace, audiences=["elsewhere"])
    assert whoami(embedded, answer["status"]["token"]) == 401


def test_a_token_of_nobody(embedded, namespace):
    status, answer = token_request(embedded, namespace, "ghost")
    assert (status, answer["message"]) == (404, 'serviceaccounts "ghost" not found')


def test_a_token_ends_with_its_account(embedded, namespace):
    token = embedded.service_account(namespace, "brief")
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    embedded.request("DELETE", f"{path}/brief")
    assert whoami(embedded, token) == 401
    embedded.request("POST", path, {"metadata": {"name": "brief"}})
    assert whoami(embedded, token) == 401, "an account of the same name is another account"


def test_a_changed_token_is_no_token(embedded, namespace):
    head, payload, signature = token_request(embedded, namespace)[1]["status"]["token"].split(".")
    other = {**claims(f"{head}.{payload}."), "sub": "system:serviceaccount:kube-system:default"}
    forged = base64.urlsafe_b64encode(json.dumps(other).encode()).decode().rstrip("=")
    assert whoami(embedded, f"{head}.{forged}.{signature}") == 401


def test_a_token_secret_is_filled_in(embedded, namespace):
    path = f"/api/v1/namespaces/{namespace}/secrets"
    about = {"kubernetes.io/service-account.name": "default"}
    body = {
        "metadata": {"name": "t", "annotations": about},
        "type": "kubernetes.io/service-account-token",
    }
    embedded.request("POST", path, body)
    _, secret = embedded.request("GET", f"{path}/t")
    data = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    assert data["namespace"] == namespace
    assert data["ca.crt"] == embedded.ca.read_text()
    assert secret["metadata"]["annotations"]["kubernetes.io/service-account.uid"]
    assert whoami(embedded, data["token"]) == f"system:serviceaccount:{namespace}:default"
    embedded.request("DELETE", f"{path}/t")
    assert whoami(embedded, data["token"]) == 401


def test_a_token_secret_of_nobody_goes(embedded, namespace):
    path = f"/api/v1/namespaces/{namespace}/secrets"
    about = {"kubernetes.io/service-account.name": "ghost"}
    body = {
        "metadata": {"name": "t", "annotations": about},
        "type": "kubernetes.io/service-account-token",
    }
    embedded.request("POST", path, body)
    assert embedded.request("GET", f"{path}/t")[0] == 404


def test_a_token_secret_needs_its_account_named(embedded, namespace):
    body = {"metadata": {"name": "t"}, "type": "kubernetes.io/service-account-token"}
    status, _ = embedded.request("POST", f"/api/v1/namespaces/{namespace}/secrets", body)
    assert status == 422


# Impersonation and questions


def test_impersonation(embedded, namespace):
    embedded.service_account(namespace, "reader", [READ])
    name = f"system:serviceaccount:{namespace}:reader"
    headers = {"Impersonate-User": name}
    assert embedded.request("GET", maps(namespace), headers=headers)[0] == 200
    status, answer = embedded.request("GET", "/api/v1/secrets", headers=headers)
    assert status == 403
    assert f'User "{name}"' in answer["message"]


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        pytest.param({"Impersonate-User": "jane"}, '"users"', id="a user"),
        pytest.param(
            {"Impersonate-User": "system:serviceaccount:default:default"},
            '"serviceaccounts"',
            id="an account",
        ),
    ],
)
def test_impersonation_is_a_right(embedded, namespace, headers, what):
    token = embedded.service_account(namespace, "reader", [READ])
    status, answer = embedded.request("GET", maps(namespace), token=token, headers=headers)
    assert status == 403
    assert f"cannot impersonate resource {what}" in answer["message"]


def test_impersonation_of_one_account_only(embedded, namespace):
    embedded.service_account(namespace, "reader", [READ])
    embedded.service_account(namespace, "other", [READ])
    rule = {
        "apiGroups": [""],
        "resources": ["serviceaccounts"],
        "verbs": ["impersonate"],
        "resourceNames": ["reader"],
    }
    token = embedded.service_account(namespace, "actor", [rule])

    def acting_as(name):
        headers = {"Impersonate-User": f"system:serviceaccount:{namespace}:{name}"}
        return embedded.request("GET", maps(namespace), token=token, headers=headers)[0]

    assert acting_as("reader") == 200
    assert acting_as("other") == 403


def test_a_group_without_a_user(embedded, namespace):
    headers = {"Impersonate-Group": "system:masters"}
    assert embedded.request("GET", maps(namespace), headers=headers)[0] == 500


def test_may_i(embedded, namespace):
    token = embedded.service_account(namespace, "reader", [READ])
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

    def allowed(verb, name=""):
        about = {"namespace": namespace, "verb": verb, "resource": "configmaps", "name": name}
        status, answer = embedded.request("POST", path, {"spec": {"resourceAttributes": about}}, token=token)
        assert status == 201
        return answer["status"]["allowed"]

    assert allowed("list")
    assert not allowed("delete")


def test_whose_token(embedded, namespace):
    token = embedded.service_account(namespace, "reader")
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    _, answer = embedded.request("POST", path, {"spec": {"token": token}})
    assert answer["status"]["authenticated"] is True
    assert answer["status"]["user"]["username"] == f"system:serviceaccount:{namespace}:reader"
    _, answer = embedded.request("POST", path, {"spec": {"token": "wrong"}})
    assert answer["status"]["authenticated"] is False
