"""The playground: a selector and arguments over a payload, as somebody typed them."""

from __future__ import annotations

from triggerfish.console import questions
from triggerfish.console.answers import data
from triggerfish.console.evaluation import Question, answer
from triggerfish.console.screen import Screen
from triggerfish.errors import AnswerError, ApiError
from triggerfish.events import occurrences
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOW_EVENT_BINDINGS, WORKFLOW_TEMPLATES
from triggerfish.queries import bindings
from triggerfish.workflows.objects import Json, is_namespace


async def evaluate(service: Service, call: Call) -> Answer:
    """A selector and arguments over a payload, as the page typed them."""
    client = service.reader(call)
    question = Question.of(occurrences.parse(call.delivery.body))
    if not is_namespace(question.namespace):
        raise AnswerError(400, 3, "the namespace is not a valid name")
    questions.require_managed(question.namespace, service)
    # Asked even without a name for it: the API server's answer is what proves the token.
    template = await _template(client, question.namespace, question.template or "playground")
    return data(answer(question, template, service.clock.now()))


async def binding(service: Service, call: Call) -> Answer:
    """A binding as the playground's fields."""
    client = service.reader(call)
    namespace, name = questions.identity(questions.one(call, "id"), service)
    body = await service.api.reads.get(client, WORKFLOW_EVENT_BINDINGS, namespace, name)
    return data(bindings.fields(body, service.settings.expression_dialect))


async def _template(client: Client, namespace: str, name: str) -> Json | None:
    try:
        return await client.get(WORKFLOW_TEMPLATES, namespace, name)
    except ApiError as error:
        if error.status in (403, 404):
            return None
        raise


SCREEN = Screen(
    "playground",
    "Playground",
    lambda: (
        ServiceRoute("POST", "/console/api/evaluate", evaluate),
        ServiceRoute("GET", "/console/api/binding", binding),
    ),
)
