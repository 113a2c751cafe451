"""Connects a real Tryton through the whole stack and writes its synced records as JSON lines.

    stack.py BINARY SETTINGS MODEL=FILE …

The stack runs in memory on free loopback ports and ends with this script.
"""
import json
import subprocess
import sys
import threading
import time
import urllib.request

LONGEST = 120


def call(url, key, method, path, body=None):
    request = urllib.request.Request(
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={'Authorization': f'Bearer {key}', 'Content-Type': 'application/json'},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        # Decimals stay texts: a float would hide what the comparison looks for.
        return json.loads(answer.read(), parse_float=str)


def synced(url, token, path):
    """Every record of a model, page by page."""
    cursor = ''
    while cursor is not None:
        page = call(url, token, 'GET', f'/v1/{path}?source=synced&limit=200' + (f'&cursor={cursor}' if cursor else ''))
        yield from page['data']
        cursor = page['next_cursor']


def wait_for_syncs(url, key, connection):
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        states = call(url, key, 'GET', f'/v1/connections/{connection}/syncs')['data']
        if all(sync['state'] == 'succeeded' for sync in states):
            return
        failed = [f'{sync["model"]}: {sync["error"]}' for sync in states if sync['state'] == 'failed']
        if failed:
            sys.exit('stack: a sync failed: ' + '; '.join(failed))
        time.sleep(0.5)
    sys.exit('stack: the syncs did not end in time')


def main():
    binary, settings, *wanted = sys.argv[1:]
    stack = subprocess.Popen(
        [binary, '--memory', '--port', '0'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        ready = json.loads(stack.stdout.readline().removeprefix('ready '))
        threading.Thread(target=stack.stdout.read, daemon=True).start()
        url, key = ready['url'], ready['workspace_key']
        with open(settings, encoding='utf-8') as file:
            entered = json.load(file)
        connected = call(url, key, 'POST', '/v1/connections', {
            'system': 'tryton', 'settings': entered['settings'], 'credentials': entered['credentials'],
            'customer': {'id': 'tryton'}, 'history': 'all',
        })
        wait_for_syncs(url, key, connected['connection']['id'])
        for pair in wanted:
            model, file = pair.split('=')
            with open(file, 'w', encoding='utf-8') as out:
                for record in synced(url, connected['token'], model.replace('_', '-') + 's'):
                    out.write(json.dumps(record) + '\n')
    finally:
        stack.terminate()
        stack.wait()


main()
