"""Small objects to write to the embedded API server."""

ARGO = "/apis/argoproj.io/v1alpha1"


def config_map(name="a", **more):
    return {"metadata": {"name": name}, **more}


def workflow(name="w"):
    return argo_object("Workflow", name, {"suspend": True})


def argo_object(kind, name, spec):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }
