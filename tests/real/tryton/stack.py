"""Connects a real Tryton through the whole stack, syncs it, changes it, syncs again, and writes what the API gives.

    stack.py BINARY SYSTEM SETTINGS FOLDER CHANGE…

CHANGE is the command that changes the system between the two syncs. The synced records of each model are left as
FOLDER/before/MODEL.jsonl and FOLDER/after/MODEL.jsonl, and what the change feed tells of the second sync as
FOLDER/changes.json. The stack runs in memory on a free loopback port and ends with this script.
"""
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

LONGEST = 120
MODELS = ('purchase_order', 'vendor', 'item', 'inventory_level')


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


def write_synced(url, token, folder):
    os.makedirs(folder, exist_ok=True)
    for model in MODELS:
        with open(f'{folder}/{model}.jsonl', 'w', encoding='utf-8') as out:
            for record in synced(url, token, model.replace('_', '-') + 's'):
                out.write(json.dumps(record) + '\n')


def wait_for_syncs(url, key, connection):
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        states = call(url, key, 'GET', f'/v1/connections/{connection}/syncs')['data']
        if all(sync['state'] == 'succeeded' for sync in states):
            return
        failed = [f'{sync["model"]}: {sync["error"]}' for sync in states if sync['state'] == 'failed']
        if failed:
            sys.exit('stack: a sync failed: ' + '; '.join(failed))
        time.sleep(0.2)
    sys.exit('stack: the syncs did not end in time')


def changes(url, token, cursor=None):
    """What the feed tells behind a cursor, and the cursor behind that."""
    told = []
    while True:
        page = call(url, token, 'GET', '/v1/changes?limit=500' + (f'&cursor={cursor}' if cursor else ''))
        cursor = page['next_cursor']
        told += page['data']
        if page['up_to_date']:
            return told, cursor


def main():
    binary, system, settings, folder, *change = sys.argv[1:]
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
            'system': system, 'settings': entered['settings'], 'credentials': entered['credentials'],
            'customer': {'id': 'tryton'}, 'history': 'all', 'schedule': 'manual',
        })
        token, connection = connected['token'], connected['connection']['id']
        call(url, key, 'POST', f'/v1/connections/{connection}/syncs', {})
        wait_for_syncs(url, key, connection)
        write_synced(url, token, f'{folder}/before')
        _, cursor = changes(url, token)

        subprocess.run(change, check=True, timeout=LONGEST)
        call(url, key, 'POST', f'/v1/connections/{connection}/syncs', {})
        wait_for_syncs(url, key, connection)
        write_synced(url, token, f'{folder}/after')
        told, _ = changes(url, token, cursor)
        with open(f'{folder}/changes.json', 'w', encoding='utf-8') as out:
            json.dump([{key: each[key] for key in ('model', 'id', 'change')} for each in told], out)
    finally:
        stack.terminate()
        stack.wait()


main()
