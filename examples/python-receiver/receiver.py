"""A receiver of Agora's channel notices that knows who is online, written from Agora's public documentation alone.

It does what "maintain user online status" in Agora's documentation asks for: per channel and user it keeps the role, whether the user
is online, and the clientSeq of the last notice it handled. Python 3.8 or later, nothing else.

    NOTICE_SECRET=... python3 receiver.py 8090

POST /       takes notices
GET  /users  {"channel": {"uid": "host" | "audience"}}: who is online
"""

import hashlib
import hmac
import json
import os
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JOINS_HOST, LEAVES_HOST = 103, 104
JOINS_AUDIENCE, LEAVES_AUDIENCE = 105, 106
BECOMES_HOST, BECOMES_AUDIENCE = 111, 112

ONLINE = {JOINS_HOST, JOINS_AUDIENCE, BECOMES_HOST, BECOMES_AUDIENCE}
OFFLINE = {LEAVES_HOST, LEAVES_AUDIENCE}
HOST = {JOINS_HOST, LEAVES_HOST, BECOMES_HOST}

# A user who left is remembered this long, so that a notice that comes late is known as late.
REMEMBER_SECONDS = 60
BODY_BYTES_MAX = 64 * 1024


class Channels:
    """Channels, their users, and what the last notice about each of them said."""

    def __init__(self, now=time.monotonic):
        self._now = now
        self._lock = threading.Lock()  # One notice at a time, as the documentation asks.
        self._channels = {}
        self._departed = deque()  # (when to forget, channel, uid, clientSeq), earliest first

    def handle(self, event_type, payload):
        """Handles a notice; False if it is older than what is known, or of a type that says nothing about a user."""
        if event_type not in ONLINE | OFFLINE:
            return False
        channel, uid, client_seq = payload["channelName"], payload["uid"], payload["clientSeq"]
        with self._lock:
            self._forget()
            users = self._channels.setdefault(channel, {})
            known = users.get(uid)
            if known is not None and client_seq <= known["last"]:
                return False
            online = event_type in ONLINE
            users[uid] = {
                "role": "host" if event_type in HOST else "audience",
                "online": online,
                "last": client_seq,
            }
            if not online:
                self._departed.append((self._now() + REMEMBER_SECONDS, channel, uid, client_seq))
            return True

    def online(self):
        """Who is online: by channel, the role of each user."""
        with self._lock:
            self._forget()
            here = {
                channel: {str(uid): user["role"] for uid, user in users.items() if user["online"]}
                for channel, users in self._channels.items()
            }
            return {channel: users for channel, users in here.items() if users}

    def _forget(self):
        now = self._now()
        while self._departed and self._departed[0][0] <= now:
            _, channel, uid, client_seq = self._departed.popleft()
            users = self._channels.get(channel, {})
            user = users.get(uid)
            if user is not None and not user["online"] and user["last"] == client_seq:
                del users[uid]
                if not users:
                    del self._channels[channel]


def is_signed(body, signature, secret):
    """Agora-Signature-V2 is the HMAC-SHA256 of the body's bytes, in hex."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), (signature or "").encode())


def handler(channels, secret):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30  # Of a silent connection, in seconds.

        def do_POST(self):
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
                self.close_connection = True
                return self.answer(413, {})
            body = self.rfile.read(int(length))
            if not is_signed(body, self.headers.get("Agora-Signature-V2"), secret):
                return self.answer(401, {})
            try:
                notice = json.loads(body)
                # The check that is made when an endpoint is set up: not a real channel.
                if notice["payload"].get("channelName") != "test_webhook":
                    channels.handle(notice["eventType"], notice["payload"])
            except (ValueError, KeyError, TypeError, AttributeError):
                return self.answer(400, {})
            return self.answer(200, {})

        def do_GET(self):
            if self.path == "/users":
                self.answer(200, channels.online())
            else:
                self.answer(404, {})

        def answer(self, status, value):
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    secret = os.environ.get("NOTICE_SECRET", "")
    if not secret:
        sys.exit("NOTICE_SECRET must be the secret of the endpoint.")
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    server = Server(("127.0.0.1", port), handler(Channels(), secret))
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
