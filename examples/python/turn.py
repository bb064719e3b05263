import os
import sys

from durable_turns import Client, Drafts

text = sys.argv[1] if len(sys.argv) > 1 else "Good evening, Mira."
client = Client(os.environ.get("SERVICE_URL", "http://127.0.0.1:3000"), key=os.environ.get("API_KEY"))


def new_chat():
    host = client.request("POST", "/v1/characters", {"name": "Mira", "persona": "Keeps a lighthouse."})
    return client.request("POST", "/v1/chats", {"kind": "narrative", "hostId": host["id"]})["id"]


def printer():
    """Prints what is new of a text. A reply that was written again begins on a line of its own."""
    printed = ""

    def show(reply):
        nonlocal printed
        if not reply.startswith(printed):
            print("\n[the reply starts over]")
            printed = ""
        print(reply[len(printed) :], end="", flush=True)
        printed = reply

    return show


chat = sys.argv[2] if len(sys.argv) > 2 else new_chat()
turn = client.post_turn(chat, text)
drafts, show = Drafts(), printer()
for frame in client.frames(chat, after=turn["userTurnSeq"]):
    draft = drafts.take(frame)
    if frame.get("turnId") != turn["id"]:
        continue
    if draft:
        show(draft.shown)
    elif frame["type"] == "event" and frame["kind"] == "assistant_turn":
        show(frame["data"]["text"])
    elif frame["type"] == "event" and frame["kind"] == "turn_completed":
        break
print()
