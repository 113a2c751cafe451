"""Has what the built binary signs checked by libraries that others verify with.

    judge.py oauth1 BINARY SCRATCH      OAuth 1.0a with HMAC-SHA256, by oauthlib
    judge.py jwt BINARY SCRATCH         signed assertions (RFC 7523), by PyJWT

A small server takes the place of NetSuite and lets in only whom the library lets in. With --wrong it holds another secret or
key, and nobody may come in.
"""
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import urllib.parse

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, RequestValidator, SignatureOnlyEndpoint

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from stack import Refused, Stack  # noqa: E402

# Secrets of all characters that a signature can stumble over.
SECRETS = {
    'consumer_key': 'key-of.20_letters~0',
    'consumer_secret': "s&cr=t +%2B/ü'\"!*()",
    'token_id': 'token|with:reserved;@',
    'token_secret': '%26&& ~ 漢字 =?#[]$,',
}
# Addresses that a signature can stumble over: passthrough asks for them.
ADDRESSES = [
    ('/services/rest/record/v1/vendor', {}),
    ('/services/rest/record/v1/vendor', {'q': 'companyName CONTAIN "a&b=c+d 100%"', 'limit': '5'}),
    ('/services/rest/record/v1/vendor', {'z': '1', 'a': '', 'Z': "~-._!*'()", 'ü': '漢字', 'b': 'x y+z'}),
    ('/services/rest/record/v1/vendor/eid:a%20b%2Fc', {'expand': 'true'}),
]
refused = []


class Validator(RequestValidator):
    """Knows one client and one token, and every nonce that it has seen."""

    enforce_ssl = False
    allowed_signature_methods = (SIGNATURE_HMAC_SHA256,)

    def __init__(self, wrong):
        super().__init__()
        self.wrong = wrong
        self.seen = set()

    safe_characters = property(lambda self: set(map(chr, range(32, 0x10000))))
    client_key_length = access_token_length = property(lambda self: (8, 128))
    nonce_length = property(lambda self: (6, 64))

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, **_):
        fresh = nonce not in self.seen
        self.seen.add(nonce)
        return fresh

    def validate_client_key(self, client_key, request):
        return client_key == SECRETS['consumer_key']

    def get_client_secret(self, client_key, request):
        return SECRETS['consumer_secret'] + self.wrong

    def get_access_token_secret(self, client_key, token, request):
        return SECRETS['token_secret'] if token == SECRETS['token_id'] else 'nobody'


class Door(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_one(b'')

    def do_POST(self):
        self.handle_one(self.rfile.read(int(self.headers.get('Content-Length', 0))))

    def handle_one(self, body):
        try:
            answer = self.server.judge(self, body)
        except Exception as fault:  # whatever a library says no with
            answer = f'{type(fault).__name__}: {fault}'
        status = 200
        if isinstance(answer, str):
            refused.append(f'{self.command} {self.path}: {answer}')
            status, answer = 401, {'title': 'Unauthorized', 'status': 401}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)


PAGE = {'items': [], 'count': 0, 'hasMore': False, 'offset': 0, 'totalResults': 0, 'links': []}


def oauth1(wrong):
    endpoint = SignatureOnlyEndpoint(Validator('x' if wrong else ''))

    def judge(request, body):
        if request.path == '/':
            # Whether anybody is there is asked without signing in.
            return PAGE
        headers = dict(request.headers.items())
        uri = f'http://{request.headers["Host"]}{request.path}'
        valid, signed = endpoint.validate_request(uri, request.command, body.decode(), headers)
        if not valid:
            return f'oauthlib: {signed.validator_log if signed else "not signed"}'
        realm = request.headers['Authorization'].split('realm="')[1].split('"')[0]
        return PAGE if realm == '1234567_SB1' else f'realm {realm}'
    return judge


def by_jwt(key, algorithm, wrong):
    public = key.public_key() if not wrong else rsa.generate_private_key(65537, 2048).public_key()
    seen = []

    def judge(request, body):
        if not request.path.endswith('/oauth2/v1/token'):
            return PAGE if request.headers['Authorization'] == 'Bearer let-in' else 'no token'
        form = dict(urllib.parse.parse_qsl(body.decode()))
        assertion = form['client_assertion']
        head = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, public, algorithms=[algorithm], options={'require': ['iss', 'aud', 'iat', 'exp']},
                            audience=f'http://{request.headers["Host"]}{request.path}', issuer='client-4711')
        kind = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
        if (form['grant_type'], form['client_assertion_type']) != ('client_credentials', kind):
            return f'{form}'
        if (head['kid'], head['typ'], claims['scope']) != ('certificate-1', 'JWT', ['rest_webservices']):
            return f'{head} {claims}'
        if not 0 < claims['exp'] - claims['iat'] <= 3600:
            return f'lives for {claims["exp"] - claims["iat"]} seconds'
        seen.append(claims)
        return {'access_token': 'let-in', 'token_type': 'Bearer', 'expires_in': 3600}
    return judge


def serve(judge):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Door)
    server.judge = judge
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}'


def entered(url, method, credentials):
    return {'system': 'netsuite', 'method': method, 'credentials': credentials,
            'settings': {'account_id': '1234567-sb1', 'instance_url': url, 'token_url': url}}


def sync(binary, scratch, entry):
    """One model, read whole by `manifold sync`."""
    file = pathlib.Path(scratch) / 'netsuite.json'
    file.write_text(json.dumps({name: entry[name] for name in ('method', 'settings', 'credentials')}))
    done = subprocess.run([binary, 'sync', '--system', 'netsuite', '--settings', file, '--model', 'vendor', '--to', 'jsonl'],
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        refused.append(done.stderr.strip())


def main():
    what, binary, scratch, *wrong = sys.argv[1:]
    if what == 'oauth1':
        entry = entered(serve(oauth1(wrong)), 'token_based', SECRETS)
        sync(binary, scratch, entry)
        if not refused:
            with Stack(binary, '--log', 'off') as stack:
                token = stack.connect(entry, schedule='manual')['token']
                for path, query in ADDRESSES:
                    for method in ('GET', 'POST'):
                        try:
                            body = {'method': method, 'path': path, 'query': query}
                            answer = stack.call('POST', '/v1/passthrough', {**body, 'body': {'a': 'b'}} if method == 'POST'
                                                else body, key=token)
                            if answer['status'] != 200:
                                refused.append(f'{method} {path} {query}: {answer}')
                        except Refused as problem:
                            refused.append(f'{method} {path} {query}: {problem}')
    else:
        pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for key, algorithm in [(rsa.generate_private_key(65537, 3072), 'PS256'),
                               (ec.generate_private_key(ec.SECP256R1()), 'ES256')]:
            sync(binary, scratch, entered(serve(by_jwt(key, algorithm, wrong)), 'oauth2_m2m', {
                'client_id': 'client-4711', 'certificate_id': 'certificate-1', 'private_key': key.private_bytes(*pem).decode()}))
    for line in refused:
        print(line)
    sys.exit(bool(refused))


main()
