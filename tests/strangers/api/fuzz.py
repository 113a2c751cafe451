"""Holds the running API against its own description, by schemathesis.

    fuzz.py BINARY SCRATCH [--description FILE] [schemathesis options]

No 500, no status that the description does not name, no answer of another shape, no request taken that the
description forbids. Starts a stack of its own, in memory, with things for the requests to be about.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from stack import Stack  # noqa: E402


def prepare(stack):
    """A workspace of its own, with connections, and what is there to be destroyed."""
    made = stack.call('POST', '/v1/workspaces', {'name': 'Fuzz', 'credits': 100_000}, key=stack.admin_key)
    stack.key = made['key']
    spare = stack.call('POST', '/v1/workspaces', {'name': 'Spare', 'credits': 100}, key=stack.admin_key)
    spare_key = stack.call('POST', f'/v1/workspaces/{spare["workspace"]["id"]}/keys', key=stack.admin_key)
    entries = stack.sandbox()
    entry = {key: entries['netsuite'][key] for key in ('system', 'method', 'settings', 'credentials')
             if key in entries['netsuite']}
    kept, *others, lost = (stack.connect(entry, f'customer-{number}') for number in range(5))
    for made_connection in (kept, *others, lost):
        stack.sync(made_connection['connection']['id'])
    link = stack.call('POST', '/v1/link-sessions', {'customer': {'id': 'linked'}})
    # One that fails, since a success would use the session up.
    wrong = {**entry, 'credentials': {key: value[::-1] for key, value in entry['credentials'].items()}}
    attempt = stack.call('POST', '/v1/connect/attempts', wrong, key=link['link_token'])
    token, id = kept['token'], kept['connection']['id']
    first = {path: next(stack.records(path, token))['id'] for path in ('purchase-orders', 'vendors', 'items')}
    gone = {'id': lost['connection']['id']}
    hooks, hook_gone = webhooks(stack)
    return {
        'keys': {
            'admin_key': [stack.admin_key], 'workspace_key': [stack.key], 'link_token': [link['link_token']],
            'connection_token': [token, *(other['token'] for other in others)],
        },
        'entry': entry, 'wrong_entry': wrong,
        'path': {
            'id': id, 'system': 'netsuite', 'model': 'purchase_order',
            **{f'/v1/{path}/{{id}}#id': record for path, record in first.items()},
            '/v1/workspaces/{id}#id': spare['workspace']['id'],
            '/v1/workspaces/{id}/keys#id': spare['workspace']['id'],
            '/v1/workspaces/{id}/keys/{key_id}#id': spare['workspace']['id'],
            'key_id': spare_key['id'],
            '/v1/connect/attempts/{id}#id': attempt['id'],
            '/v1/events/{id}#id': stack.call('GET', '/v1/events')['data'][0]['id'],
            **hooks,
        },
        'path_of': {
            'POST /v1/connections/{id}/disconnect': gone,
            'POST /v1/connections/{id}/rotate-token': gone,
            'DELETE /v1/connections/{id}/data': gone,
            'DELETE /v1/webhook-endpoints/{id}': hook_gone,
        },
    }


def webhooks(stack):
    """An endpoint with a delivery, where nobody listens, and one to be deleted."""
    routes = [path for path in stack.call('GET', '/openapi.json')['paths'] if path.startswith('/v1/webhook-endpoints')]
    if not routes:
        return {}, {}
    kept, lost = (stack.call('POST', '/v1/webhook-endpoints', {'url': f'{stack.sandbox_url}/hook/{number}'})['id']
                  for number in range(2))
    sent = stack.call('POST', f'/v1/webhook-endpoints/{kept}/test')
    things = {f'{path}#id': kept for path in routes}
    return {**things, '/v1/deliveries/{id}/replay#id': sent['id']}, {'id': lost}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('binary')
    arguments.add_argument('scratch')
    arguments.add_argument('--description', help='instead of the one that is served')
    known, options = arguments.parse_known_args()
    scratch = pathlib.Path(known.scratch).resolve()
    with open(scratch / 'stack.log', 'w', encoding='utf-8') as log, \
            Stack(known.binary, '--log', 'warn', log=log) as stack:
        given = scratch / 'given.json'
        given.write_text(json.dumps(prepare(stack)), encoding='utf-8')
        given.chmod(0o600)
        judged = subprocess.run(
            [pathlib.Path(sys.executable).parent / 'schemathesis', '--config-file', HERE / 'schemathesis.toml',
             'run', known.description or f'{stack.url}/openapi.json', '--url', stack.url, *options],
            env={**os.environ, 'SCHEMATHESIS_HOOKS': 'hooks', 'PYTHONPATH': str(HERE), 'PYTHONDONTWRITEBYTECODE': '1',
                 'MANIFOLD_GIVEN': str(given)},
            cwd=scratch, check=False)
    return judged.returncode


sys.exit(main())
