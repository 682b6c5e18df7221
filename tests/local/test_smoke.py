"""The fixture itself, and one object through its life."""


def test_an_object_through_its_life(embedded):
    path = f"/api/v1/namespaces/{embedded.new_namespace()}/configmaps"
    assert embedded.request("POST", path, {"metadata": {"name": "a"}, "data": {"k": "1"}})[0] == 201
    status, listed = embedded.request("GET", path)
    assert (status, [item["data"] for item in listed["items"]]) == (200, [{"k": "1"}])
    patch = {"data": {"k": "2"}}
    status, patched = embedded.request(
        "PATCH", f"{path}/a", patch, content_type="application/merge-patch+json"
    )
    assert (status, patched["data"]) == (200, {"k": "2"})
    assert embedded.request("DELETE", f"{path}/a")[1]["status"] == "Success"
    assert embedded.request("GET", f"{path}/a")[1]["reason"] == "NotFound"
