"""A customer's receiver of webhooks: answers 204 and keeps what it heard."""

import base64
import hashlib
import hmac
import http.server
import json
import threading


class Receiver:
    """On a free port of the address, until it is closed."""

    def __init__(self, address):
        self.heard = []
        self.server = http.server.ThreadingHTTPServer((address, 0), self._handler())
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://{address}:{self.port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def of(self, kind):
        """Messages of a type."""
        return [message for message in self.heard if message["body"]["type"] == kind]

    def _handler(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                text = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.heard.append({"headers": headers, "text": text, "body": json.loads(text)})
                self.send_response(204)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler


def signed_by(message, secret):
    """Whether a signature of the message is the secret's, by the Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    headers = message["headers"]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + message["text"]
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")
