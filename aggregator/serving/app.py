"""What is worked out when it is asked for: searches, health, figures, hubs answered. The only module on Starlette."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.digest import digest
from aggregator.errors import UserError
from aggregator.serving.callback import Callbacks
from aggregator.serving.conditions import matching
from aggregator.serving.files import SAFE, SHARED, App
from aggregator.serving.names import kind
from aggregator.serving.searches import BusyError, Searches
from aggregator.serving.searching import LONGEST, Form, Unclear

_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_ALWAYS = {name.decode(): value.decode() for name, value in (*SAFE, *SHARED)}
_ASK = "Ask for something in the language of topic rules, as in ?q=title:russia washington -football"

Told = Callable[[], Awaitable[tuple[int, str]]]


def app(searches: Searches, health: Told, metrics: Told, callbacks: Callbacks) -> App:
    """Return the app behind the files; `health` and `metrics` give a status and a text."""

    async def search(request: Request) -> Response:
        return await _search(request, searches)

    async def healthz(_: Request) -> Response:
        return _text(*await health(), "text/plain; charset=utf-8")

    async def figures(_: Request) -> Response:
        return _text(*await metrics(), _METRICS)

    async def callback(request: Request) -> Response:
        return await _callback(request, callbacks)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/metrics", figures),
            Route("/search.{form}", search),
            Route("/websub/{token}", callback, methods=["GET", "POST"]),
        ]
    )


async def _search(request: Request, searches: Searches) -> Response:
    form: Form = request.path_params["form"]
    query = " ".join(request.query_params.get("q", "").split())
    if not query:
        return _refusal(400, _ASK)
    if len(query) > LONGEST:
        return _refusal(400, f"The query is longer than {LONGEST} characters: divide it")
    try:
        body = await searches.feed(query, form)
    except (BusyError, UserError) as error:
        return _refusal(503, str(error), {"retry-after": "30"})
    if isinstance(body, Unclear):
        return _refusal(400, f"The query cannot be read. {body.reason}")
    return _feed(body, form, request.headers.get("if-none-match"))


async def _callback(request: Request, callbacks: Callbacks) -> Response:
    token = request.path_params["token"]
    if request.method == "POST":
        try:
            reply = await callbacks.receive(token, request.headers, request.stream())
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
    else:
        reply = await callbacks.confirm(token, request.query_params)
    # What is echoed is a hub's word: it must not become a page of ours.
    headers = {**_ALWAYS, "cache-control": "no-store", "content-security-policy": "default-src 'none'; sandbox"}
    ending = {"connection": "close"} if reply.ends else {}
    return PlainTextResponse(reply.text, reply.status, {**headers, **ending})


def _feed(body: bytes, form: Form, none_match: str | None) -> Response:
    """The feed, or 304 where the client has it. It has no date: a search may lose its newest item too."""
    found = kind(f"search.{form}")
    assert found is not None  # noqa: S101 - it is named as a topic's feed is
    tag = digest(body).hex()
    always = {**_ALWAYS, "etag": f'"{tag}"', "cache-control": f"public, max-age={found.max_age}"}
    if none_match is not None and matching(none_match.encode("latin-1"), [tag.encode()]):
        return Response(status_code=304, headers=always)
    return Response(body, headers={**always, "content-type": found.media_type, "content-security-policy": found.policy})


def _text(status: int, text: str, media_type: str) -> Response:
    return Response(text, status, {**_ALWAYS, "content-type": media_type, "cache-control": "no-store"})


def _refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{sentence}.\n", status, {**_ALWAYS, "cache-control": "no-store", **(headers or {})})
