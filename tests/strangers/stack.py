"""The local stack, started for one judge: the built binary, in memory, on free loopback ports."""
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

# A machine that builds beside it is slow.
LONGEST = 300


class Refused(Exception):
    """An answer that is no success: its status, and its problem document."""

    def __init__(self, status, problem):
        super().__init__(f'{status}: {problem}')
        self.status = status
        self.problem = problem


def call(url, method, path, key=None, body=None, headers=None, timeout=60):
    """One request; the answer's JSON. Numbers with a fraction stay texts: a float would hide what is looked for."""
    request = urllib.request.Request(
        url + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={'Content-Type': 'application/json', **({'Authorization': f'Bearer {key}'} if key else {}),
                 **(headers or {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
    except urllib.error.HTTPError as refused:
        text = refused.read()
        problem = json.loads(text) if text else None
        raise Refused(refused.code, problem) from None
    return json.loads(text, parse_float=str) if text else None


class Stack:
    """Runs while its `with` block does."""

    def __init__(self, binary, *options, log=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [binary, '--memory', '--port', '0', *options], stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith('ready '):
            self.process.wait(10)
            raise SystemExit(f'the stack did not start: {line!r}')
        ready = json.loads(line.removeprefix('ready '))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.url = ready['url']
        self.key = ready['workspace_key']
        self.admin_key = ready['admin_key']
        self.sandbox_url = ready['sandbox_url']
        self.connect_url = ready['connect_url']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def call(self, method, path, body=None, key=None, **more):
        return call(self.url, method, path, key or self.key, body, **more)

    def sandbox(self):
        """By system: settings and credentials of the sample systems."""
        return {entry['system']: entry for entry in call(self.sandbox_url, 'GET', '/')['systems']}

    def connect(self, entry, customer='strangers', **more):
        """Connects a system; the answer with connection and token."""
        return self.call('POST', '/v1/connections', {**entry, 'customer': {'id': customer}, **more})

    def sync(self, connection):
        """Waits until every model of a connection is synced."""
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            states = self.call('GET', f'/v1/connections/{connection}/syncs')['data']
            if all(sync['state'] == 'succeeded' for sync in states):
                return states
            failed = [f'{sync["model"]}: {sync["error"]}' for sync in states if sync['state'] == 'failed']
            if failed:
                raise SystemExit('a sync failed: ' + '; '.join(failed))
            time.sleep(0.2)
        raise SystemExit('the syncs did not end in time')

    def records(self, path, token, query='source=synced&limit=200'):
        """Every record of a model, page by page."""
        cursor = ''
        while cursor is not None:
            page = self.call('GET', f'/v1/{path}?{query}' + (f'&cursor={cursor}' if cursor else ''), key=token)
            yield from page['data']
            cursor = page['next_cursor']
