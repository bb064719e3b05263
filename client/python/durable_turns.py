"""A client of durable-turns in one file, for Python 3.9 and later, without dependencies.

    from durable_turns import Client, Drafts

    client = Client("http://127.0.0.1:3000")
    turn = client.post_turn(chat_id, "Is the lamp lit?")
    for frame in client.frames(chat_id, after=turn["userTurnSeq"]):
        if frame["type"] == "token" and frame["channel"] == "text":
            print(frame["text"], end="", flush=True)
        if frame["type"] == "event" and frame["kind"] == "turn_completed" and frame["turnId"] == turn["id"]:
            break

Resources, events and frames are the dictionaries that the service sends: see /openapi.json of a running service.
"""

import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

__all__ = ["ApiError", "Client", "Draft", "Drafts", "UnreachableError"]

ENDED = ("completed", "cancelled", "failed")

# Seconds. The service sends a comment every 15 s: a stream that is silent for longer is dead.
SILENCE = 45
MAX_RETRY_AFTER = 30


class ApiError(Exception):
    """The service refused a request (RFC 9457). `code` is stable, `status` is the HTTP status."""

    def __init__(self, status, code, message, retry_after=None):
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class UnreachableError(Exception):
    """The service cannot be reached, or did not answer in time. Whether it took the request is not known."""

    code = "unreachable"


def is_transient(error):
    """Whether the same request may succeed later."""
    return isinstance(error, UnreachableError) or (
        isinstance(error, ApiError) and (error.status >= 500 or error.status == 429)
    )


def backoff(failures, first=0.25, most=10.0):
    """Seconds to wait after so many failures in a row: doubles, and is spread so that clients return apart."""
    return min(most, first * 2 ** min(failures, 20)) * (0.5 + random.random())


class Client:
    """A client of one service. Methods raise `ApiError` when it refuses, `UnreachableError` when it is away."""

    def __init__(self, base_url, key=None, timeout=30.0):
        self.base_url = base_url.rstrip("/")
        self.key = key
        self.timeout = timeout

    def request(self, method, path, body=None, headers=None):
        """Makes one request to any call of the API, and returns its JSON body; None where there is none."""
        with self._open(method, path, body, headers, self.timeout) as response:
            text = response.read()
        return json.loads(text) if text else None

    def get(self, path, attempts=10):
        """Reads a resource; repeated while the service is away."""
        return self._retried(lambda: self.request("GET", path), attempts)

    def list(self, path, attempts=10):
        """Yields the items of a list, page by page. `path` may have a query."""
        join = "&" if "?" in path else "?"
        cursor = None
        while True:
            at = path if cursor is None else path + join + urllib.parse.urlencode({"cursor": cursor})
            page = self.get(at, attempts)
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def post_turn(self, chat_id, text, idempotency_key=None, attempts=10, **fields):
        """Starts a turn and returns it; `fields` are those of the body besides its text, such as quote, whenBusy
        or temperature: `NewTurn` in the service's OpenAPI document has them all.

        The post is repeated under one idempotency key until the service has answered, so the turn is accepted once.
        """
        headers = {"idempotency-key": idempotency_key or str(uuid.uuid4())}
        path = "/v1/chats/%s/turns" % quote(chat_id)
        body = dict(fields, text=text)
        return self._retried(lambda: self.request("POST", path, body, headers), attempts)["turn"]

    def get_turn(self, turn_id, attempts=10):
        return self.get("/v1/turns/%s" % quote(turn_id), attempts)

    def cancel_turn(self, turn_id, attempts=10):
        """Stops a turn; what has arrived of its reply is kept."""
        self._retried(lambda: self.request("POST", "/v1/turns/%s/cancel" % quote(turn_id)), attempts)

    def wait_for_turn(self, turn_id):
        """Waits until a turn has ended, over any lost connection, and returns it."""
        turn = self.get_turn(turn_id, attempts=10**9)
        if turn["status"] in ENDED:
            return turn
        for frame in self.frames(turn["chatId"], after=turn["userTurnSeq"]):
            if frame["type"] == "event" and frame["kind"] == "turn_completed" and frame["turnId"] == turn_id:
                return self.get_turn(turn_id, attempts=10**9)

    def frames(self, chat_id, after=0):
        """Yields the frames of a chat without end, over lost connections: every event behind `after` once, in order.

        Raises `ApiError` where another connection would end the same way: the cursor, the key or the chat is wrong.
        """
        cursor, failures = after, 0
        while True:
            try:
                for frame in self._stream(chat_id, cursor):
                    failures = 0
                    if frame["type"] == "event":
                        cursor = frame["seq"]
                    yield frame
            except (ApiError, UnreachableError) as error:
                if not is_transient(error):
                    raise
            time.sleep(backoff(failures))
            failures += 1

    def _stream(self, chat_id, cursor):
        path = "/v1/chats/%s/events?after=%d" % (quote(chat_id), cursor)
        try:
            with self._open("GET", path, None, {"accept": "text/event-stream"}, SILENCE) as response:
                data = []
                for line in response:
                    line = line.rstrip(b"\r\n")
                    if line.startswith(b"data:"):
                        data.append(line[5:].lstrip(b" "))
                    elif not line and data:
                        yield json.loads(b"\n".join(data))
                        data = []
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError("The connection was lost.") from error

    def _open(self, method, path, body, headers, timeout):
        data = None if body is None else json.dumps(body).encode()
        sent = dict(headers or {})
        if self.key:
            sent["authorization"] = "Bearer " + self.key
        if data is not None:
            sent["content-type"] = "application/json"
        request = urllib.request.Request(self.base_url + path, data=data, headers=sent, method=method)
        try:
            return urllib.request.urlopen(request, timeout=timeout)
        except urllib.error.HTTPError as refusal:
            raise refused(refusal) from None
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError("The service cannot be reached.") from error

    @staticmethod
    def _retried(send, attempts):
        failures = 0
        while True:
            try:
                return send()
            except (ApiError, UnreachableError) as error:
                failures += 1
                if not is_transient(error) or failures >= attempts:
                    raise
                asked = min(getattr(error, "retry_after", None) or 0, MAX_RETRY_AFTER)
                time.sleep(max(asked, backoff(failures - 1, most=5.0)))


def quote(part):
    return urllib.parse.quote(part, safe="")


def refused(refusal):
    """The error that a refusal means. Proxies in between answer without a problem document."""
    try:
        problem = json.loads(refusal.read(65536))
    except (ValueError, OSError):
        problem = {}
    retry_after = refusal.headers.get("retry-after", "")
    return ApiError(
        refusal.code,
        problem.get("code", "unknown"),
        problem.get("detail", "The service answered %d." % refusal.code),
        int(retry_after) if retry_after.isdigit() else None,
    )


class Draft:
    """A reply in flight. `shown` is the text to show: of a lost draft, until the new one is longer."""

    def __init__(self, epoch):
        self.epoch = epoch
        self.text = ""
        self.lost = ""
        self.reason = None
        self._received = 0

    @property
    def shown(self):
        return self.lost if len(utf16(self.lost)) > len(utf16(self.text)) else self.text


class Drafts:
    """The replies in flight of a chat, by (turnId, beat), folded from its frames."""

    def __init__(self):
        self.by_beat = {}

    def take(self, frame):
        """Folds a frame, and returns the draft that it changed, if any."""
        kind = frame["type"]
        if kind == "hello":
            for draft in self.by_beat.values():
                draft._received = 0
        elif kind == "restart":
            return self._begin(frame, frame["reason"])
        elif kind in ("draft", "token") and frame["channel"] == "text":
            return self._add(frame)
        elif kind == "event" and frame["kind"] == "assistant_turn":
            self.by_beat.pop((frame["turnId"], frame["data"]["beat"]), None)
        elif kind == "event" and frame["kind"] == "turn_completed":
            self.by_beat = {key: draft for key, draft in self.by_beat.items() if key[0] != frame["turnId"]}
        return None

    def _begin(self, frame, reason):
        key = (frame["turnId"], frame["beat"])
        old = self.by_beat.get(key)
        if old and old.epoch >= frame["epoch"]:
            return None
        draft = self.by_beat[key] = Draft(frame["epoch"])
        if old and reason not in ("dropped", "kept_text", "thinking_separated"):
            draft.lost, draft.reason = old.shown, reason
        return draft

    def _add(self, frame):
        draft = self.by_beat.get((frame["turnId"], frame["beat"]))
        if draft is None or draft.epoch < frame["epoch"]:
            draft = self._begin(frame, None)
        if draft is None or draft.epoch > frame["epoch"]:
            return None
        # Offsets count UTF-16 code units, two bytes each.
        piece, offset = utf16(frame["text"]), frame["offset"] * 2
        received = 0 if frame["type"] == "draft" else draft._received
        if offset > received:
            return None
        end = max(received, offset + len(piece))
        text = utf16(draft.text)
        if end > len(text):
            draft.text = (text + piece[len(text) - offset :]).decode("utf-16-le", "surrogatepass")
        draft._received = end
        return draft


def utf16(text):
    return text.encode("utf-16-le", "surrogatepass")
