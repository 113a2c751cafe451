"""Has the messages of webhooks verified by the libraries that receivers use: standardwebhooks of PyPI and of npm.

    webhooks.py BINARY NODE_MODULES [--wrong]

With --wrong the receiver holds another secret, and must take none of them.
"""
import base64
import http.server
import json
import pathlib
import queue
import subprocess
import sys
import threading

import standardwebhooks

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from stack import Stack  # noqa: E402

HERE = pathlib.Path(__file__).parent
received = queue.Queue()


class Receiver(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        received.put(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()


def other(secret):
    return 'whsec_' + base64.b64encode(bytes(byte ^ 1 for byte in base64.b64decode(secret[6:]))).decode()


def verify(messages, node_modules):
    for secret, headers, body in messages:
        said = standardwebhooks.Webhook(secret).verify(body, headers)
        assert said['type'] and said['timestamp'] and 'data' in said, said
        assert '.' not in headers['webhook-id'], headers
    lines = ''.join(json.dumps({'secret': secret, 'headers': headers, 'body': body}) + '\n' for secret, headers, body in messages)
    subprocess.run(['node', HERE / 'verify.mjs', node_modules], input=lines, text=True, check=True, timeout=60)


def main():
    binary, node_modules, *wrong = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Stack(binary, '--log', 'off') as stack:
        made = stack.call('POST', '/v1/webhook-endpoints', {'url': f'http://127.0.0.1:{server.server_port}/hook'})
        secret, path = made['secret'], f'/v1/webhook-endpoints/{made["id"]}'
        # 24 to 64 bytes behind the prefix, by the specification.
        assert secret.startswith('whsec_') and 24 <= len(base64.b64decode(secret[6:], validate=True)) <= 64
        messages = []

        def take(count, *secrets):
            for _ in range(count):
                headers, body = received.get(timeout=60)
                messages.extend((known, headers, body) for known in secrets)
        stack.call('POST', f'{path}/test')
        take(1, secret)
        # Events of a connection: made, and online.
        stack.connect(stack.sandbox()['netsuite'], schedule='manual')
        take(1, secret)
        # While a secret is replaced, both verify.
        new = stack.call('POST', f'{path}/rotate-secret')['secret']
        stack.call('POST', f'{path}/test')
        while True:
            headers, body = received.get(timeout=60)
            if json.loads(body)['type'] == 'endpoint.test':
                break
            messages.append((secret, headers, body))
        messages.extend((known, headers, body) for known in (secret, new))
    if wrong:
        messages = [(other(known), headers, body) for known, headers, body in messages]
    verify(messages, node_modules)
    print(f'{len(messages)} messages verified twice')


main()
