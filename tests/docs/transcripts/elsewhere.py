"""The commands of README and docs that no test can type, each with the reason. Every other one is typed."""

import re

REASONS = {
    r"make run\b|KUBECONFIG=\S+ make run\b": "stays in the foreground; tests/laptop has it",
    r"PYTHONPATH=infra/laptop .* -m triggerfish_laptop.cluster ": "stays in the foreground",
    r"make test\b": "is what runs this",
    r"\.venv/bin/pytest -m bench ": "measures, which make bench does",
    r"make package$": "tests/infra/test_package.py builds both packages and starts them",
    r"\.venv/bin/python infra/package/image\.py ": "wants a registry; tests/real/test_image.py has its own",
    r"sh infra/package/root\.sh ": "takes minutes and Debian's packages; tests/real/debian.py runs it",
    r"cosign ": "wants a release, signed by a pipeline's identity",
    r"docker (build|push) ": "wants a container engine and a registry",
    r"(HOST=\$\(|URL=\$\(|for \w+ in [a-z ]+; do |curl -s \"\$\()?gcloud ": "wants a project on Google Cloud",
    r"(curl -s \"\$\()terraform output ": "wants a project on Google Cloud",
    r"aws ": "wants an account of AWS",
    r"(CLIENT_ID=\$\()?az ": "wants a subscription of Azure",
    r"oc ": "wants OpenShift",
    r"curl -s \"\$\(kubectl .*/readyz": "wants Knative, which gives a Service its address",
    r"kubectl get --raw \S+/proxy/readyz": "wants nodes that run pods",
    r"kubectl .*\blogs ": "wants nodes that run pods",
    r"terraform ": "wants a project on Google Cloud; tests/infra/test_terraform.py checks every reference",
    r"printf .*\|\s+gcloud ": "wants a project on Google Cloud",
    r"TRIGGERFISH_HOST_TOKEN=\S+ triggerfish connect ": "wants a host; test_hosts_pages.py types it dry",
    r"argo ": "Argo's own command line; tests/functions/test_submit.py drives it where it is installed",
    r"kubectl .*\brollout status ": "wants nodes that run pods",
    r"kubectl apply -k infra/knative/guarded": "wants CronJobs, which the embedded cluster does not serve",
    r"\S+ dev import --context production ": "wants a second cluster, as tests/laptop has",
}


def matching(text: str) -> list[str]:
    """The patterns of REASONS that it begins with."""
    flat = text.replace("\\\n", " ").replace("\n", " ")
    return [pattern for pattern in REASONS if re.match(pattern, flat)]


def reason(text: str) -> str:
    """Why that command is not run; empty when it is."""
    return next((REASONS[pattern] for pattern in matching(text)), "")
