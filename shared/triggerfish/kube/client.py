"""The few verbs we use, over any transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace
from typing import TypeVar

from triggerfish.errors import AnswerTooLong, ApiError, Unanswered
from triggerfish.kube.answers import Page, date, object_of, page_of, refusal
from triggerfish.kube.large import LargeAnswers, large_bytes, short_bytes
from triggerfish.kube.resources import SERVICE_ACCOUNTS, Resource
from triggerfish.kube.wire import Request, Response, Transport, type_json, type_merge_patch
from triggerfish.runtime.parsing_room import ParsingRoom, weight_of_json
from triggerfish.workflows.objects import Json

T = TypeVar("T")

# etcd takes no object of more than 1.5 MiB, if nobody has told it to.
_longest_event = 16 << 20
# Bytes of one page: as Python's values they may take thirty times as many.
page_bytes = 2 << 20
# Objects of a page of a list that is long, at first.
_page_of_long = 20
# By so much a page shrinks that was too long, and grows at most after a short one.
_page_steps = 8
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# An API server that does not have that form of one object answers with all of it.
_metadata_of_one = f"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,{type_json}"


@dataclass(frozen=True, slots=True)
class Client:
    """The API as one identity. Every verb raises ``ApiError`` for a refusal and ``Unanswered`` for silence.

    It sends each request once: who retries, and how often, is decided where the meaning of a retry is known.
    ``timeout`` is in seconds, for one request. ``identity`` is a hash of the whole credential, by which reads
    may be kept; empty: they must not be.

    ``large`` is the room for large objects, shared by the clients of a worker. It counts until an answer is
    returned: so use one before you wait again.
    """

    transport: Transport
    timeout: float = 10.0
    identity: bytes = b""
    large: LargeAnswers = field(default_factory=LargeAnswers, repr=False, compare=False)

    async def get(
        self, resource: Resource, namespace: str | None, name: str, *, metadata_only: bool = False
    ) -> Json:
        """The object; ``ApiError`` 404 when there is none. ``metadata_only``: no more of it is wanted."""
        accept = _metadata_of_one if metadata_only else type_json
        request = Request("GET", resource.path(namespace, name), accept=accept)
        try:
            return await self._json(replace(request, most=short_bytes), namespace)
        except AnswerTooLong:
            # It waits for its turn before it is asked for whole: the bytes of all at once would be many too.
            async with self.large.room.hold(namespace or "", large_bytes):
                return object_of((await self._send(request)).body)

    async def pages(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
        metadata_only: bool = False,
        room: ParsingRoom | None = None,
    ) -> AsyncGenerator[Page, None]:
        """The list, page by page, consistent and without ``resourceVersion``.

        A page has ``limit`` objects, or fewer where they are large: at most ``page_bytes``, or one object.
        With ``room``, each is parsed once there is room for it, which it has until the next is asked for.
        An expired continue token (410) is not hidden: an ``ApiError`` says so, and the caller starts again.
        """
        query = [
            (key, value) for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value
        ]
        accept = METADATA_ONLY if metadata_only else type_json
        token, asked = "", limit
        while True:
            more = (("continue", token),) if token else ()
            request = Request(
                "GET",
                resource.path(namespace),
                (("limit", str(asked)), *query, *more),
                accept=accept,
                most=page_bytes if asked > 1 else 0,
            )
            try:
                response = await self._send(request)
            except AnswerTooLong:
                asked = max(1, asked // _page_steps)
                continue
            length = len(response.body)
            async with _held(room, namespace, response):
                page = page_of(response)
                del response  # not held while the page is worked on
                yield page
                token, number = page.next, len(page.items)
                del page
            if not token:
                return
            if number:
                fitting = 3 * page_bytes * number // (4 * length)
                asked = max(1, min(limit, _page_steps * asked, fitting))

    async def page(
        self,
        resource: Resource,
        namespace: str | None,
        *,
        labels: str = "",
        limit: int,
        after: str = "",
        most: int,
        metadata_only: bool = False,
    ) -> Page:
        """One page of a list: ``limit`` objects from the continue token ``after`` on.

        ``AnswerTooLong`` for more than ``most`` bytes.
        """
        given = (("limit", str(limit)), ("labelSelector", labels), ("continue", after))
        query = tuple((key, value) for key, value in given if value)
        accept = METADATA_ONLY if metadata_only else type_json
        request = Request("GET", resource.path(namespace), query, accept=accept, most=most)
        return page_of(await self._send(request))

    async def of_each(
        self, resource: Resource, namespace: str, read: Callable[[Json], T], *, labels: str
    ) -> list[T]:
        """What ``read`` makes of the metadata of each object of that label selector.

        Long lists of a namespace are read one after the other, and no page is kept.
        """
        if not self.large.has_long_lists(namespace):
            try:
                first = await self.page(
                    resource, namespace, labels=labels, limit=500, most=short_bytes, metadata_only=True
                )
                if not first.next:
                    return [read(item) for item in first.items]
                del first
            except AnswerTooLong:
                # The API server has read it all in vain: not once more for each who asks.
                self.large.note_long_list(namespace)
        found: list[T] = []
        async with self.large.lane(namespace):
            room = self.large.room
            pages = self.pages(
                resource, namespace, labels=labels, limit=_page_of_long, metadata_only=True, room=room
            )
            async with aclosing(pages):
                async for page in pages:
                    found += map(read, page.items)
                    del page  # not held while the next one is waited for
        return found

    async def watch(
        self,
        resource: Resource,
        namespace: str | None,
        query: tuple[tuple[str, str], ...] = (),
        *,
        seconds: int,
    ) -> AsyncGenerator[Json | None, None]:
        """None once the API server has taken the watch, then each event, for ``seconds`` at most.

        ``Unanswered`` when it breaks off.
        """
        query = (("watch", "true"), ("timeoutSeconds", str(seconds)), *query)
        request = Request("GET", resource.path(namespace), query)
        async with self.transport.opened(request, timeout=seconds + self.timeout) as opened:
            if opened.response.status >= 300:
                raise refusal(opened.response)
            yield None
            rest = bytearray()
            async for piece in opened.pieces:
                rest += piece
                if len(rest) > _longest_event:
                    raise Unanswered("an event of a watch is too long")
                *lines, tail = rest.split(b"\n") if b"\n" in piece else (rest,)
                for line in lines:
                    if line:
                        yield object_of(bytes(line))
                rest = bytearray(tail)

    async def listing(
        self,
        resource: Resource,
        namespace: str | None,
        query: tuple[tuple[str, str], ...] = (),
        *,
        most: int = 0,
    ) -> Json:
        """One page of the list as the API server gives it, for a caller who asked with that query.

        ``AnswerTooLong`` for more than ``most`` bytes (0: any number).
        """
        return await self._json(Request("GET", resource.path(namespace), query, most=most), namespace)

    async def create(
        self,
        resource: Resource,
        namespace: str | None,
        body: Json,
        *,
        dry_run: bool = False,
        metadata_only: bool = False,
    ) -> Json:
        """The object as the API server made it; 409 ``AlreadyExists`` when its name is taken.

        ``metadata_only``: no more of it than its metadata is wanted.
        """
        query = (("dryRun", "All"),) if dry_run else ()
        accept = _metadata_of_one if metadata_only else type_json
        request = Request("POST", resource.path(namespace), query, body, accept=accept)
        return await self._json(request, namespace)

    async def replace(self, resource: Resource, namespace: str | None, name: str, body: Json) -> Json:
        """PUT; 409 ``Conflict`` when ``metadata.resourceVersion`` is not the current one."""
        return await self._json(Request("PUT", resource.path(namespace, name), (), body), namespace)

    async def patch(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        body: Json,
        *,
        manager: str = "",
        metadata_only: bool = False,
    ) -> Json:
        """A JSON merge patch (RFC 7396); guarded when ``body`` carries ``metadata.resourceVersion``.

        ``manager`` owns the fields that it sets; empty: the one that the user agent names. ``metadata_only``:
        no more than its metadata is wanted.
        """
        query = (("fieldManager", manager),) if manager else ()
        path = resource.path(namespace, name)
        accept = _metadata_of_one if metadata_only else type_json
        request = Request("PATCH", path, query, body, content_type=type_merge_patch, accept=accept)
        return await self._json(request, namespace)

    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, uid: str | None = None
    ) -> None:
        """Delete in the background; with ``uid``, only that very object (409 when another has its name)."""
        options: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        await self._send(Request("DELETE", resource.path(namespace, name), (), options))

    async def request_token(self, namespace: str, service_account: str, *, seconds: int) -> Json:
        """A token of that service account for ``seconds`` (TokenRequest): the answered object."""
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        path = SERVICE_ACCOUNTS.path(namespace, service_account, "token")
        return await self._json(Request("POST", path, (), body), namespace)

    async def _json(self, request: Request, namespace: str | None) -> Json:
        answer = (await self._send(request)).body
        async with self.large.room.hold(namespace or "", weight_of_json(answer)):
            return object_of(answer)

    async def _send(self, request: Request) -> Response:
        response = await self.transport.send(request, timeout=self.timeout)
        if response.status >= 300:
            raise refusal(response)
        return response


def _held(
    room: ParsingRoom | None, namespace: str | None, response: Response
) -> AbstractAsyncContextManager[None]:
    if room is None:
        return nullcontext()
    return room.hold(namespace or "", weight_of_json(response.body))


__all__ = ["ApiError", "Client", "Page", "Unanswered", "date", "refusal"]
