"""Stands before Prism: signs in, which is no part of Xero's file, passes everything else on, and keeps a log.

    door.py PRISM LOG            prints its own address

Prism answers each request with the file's example, whatever page is asked for: from the second page on the records are
taken out, after Prism has judged the request.
"""
import http.client
import http.server
import json
import sys
import urllib.parse

PRISM = urllib.parse.urlsplit(sys.argv[1])
CLIENT = 'Basic MEYxRTJEM0M0QjVBNjk3ODg3OTZBNUI0QzNEMkUxRjA6c2VjcmV0LW9mLTIwLWxldHRlcnM='


class Door(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers['Content-Length'])).decode())
        known = self.path == '/connect/token' and self.headers['Authorization'] == CLIENT
        known = known and form.get('grant_type') == ['client_credentials'] and 'accounting.' in form['scope'][0]
        granted = {'access_token': 'a-token', 'token_type': 'Bearer', 'expires_in': 1800}
        self.answer(200 if known else 400, json.dumps(granted if known else {'error': 'invalid_client'}).encode())

    def do_GET(self):
        prism = http.client.HTTPConnection(PRISM.hostname, PRISM.port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ('host', 'connection')}
        prism.request('GET', self.path, headers=headers)
        answer = prism.getresponse()
        body = answer.read()
        with open(sys.argv[2], 'a', encoding='utf-8') as log:
            entry = {'path': self.path, 'status': answer.status,
                     'headers': {name.lower(): value for name, value in headers.items()}}
            log.write(json.dumps({**entry, 'said': body.decode()[:800] if answer.status != 200 else ''}) + '\n')
        page = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get('page', ['1'])[0]
        if answer.status == 200 and page != '1':
            whole = json.loads(body)
            body = json.dumps({name: [] if isinstance(value, list) else value for name, value in whole.items()}).encode()
        self.answer(answer.status, body)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Door)
print(f'http://127.0.0.1:{server.server_port}', flush=True)
server.serve_forever()
