"""Holds the connector `xero` against Xero's own OpenAPI file, by Prism.

    judge.py DOOR LOG BINARY SETTINGS CONNECTOR

Prism refuses a request that the file does not allow: parameters, headers, their types. What it answers are the file's own
examples, of which the records must be what is written there.
"""
import json
import pathlib
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / 'strangers'))
from stack import Stack  # noqa: E402

SINCE = '2026-11-20T06:30:00Z'
wrong = []


def expect(what, found, wanted):
    if found != wanted:
        wrong.append(f'{what}: {found!r} instead of {wanted!r}')


class Log:
    def __init__(self, file):
        self.file = pathlib.Path(file)
        self.file.touch()
        self.read = len(self.file.read_text().splitlines())

    def since_last(self):
        """What was asked since the last time, each judged."""
        lines = self.file.read_text().splitlines()
        # Connecting asks at `/` whether anybody is there, without signing in.
        new = [entry for entry in map(json.loads, lines[self.read:]) if entry['path'] != '/']
        self.read = len(lines)
        for entry in new:
            if entry['status'] != 200:
                wrong.append(f"Xero's file refuses {entry['path']}: {entry['status']} {entry['said']}")
            expect(f"{entry['path']}: xero-tenant-id", entry['headers'].get('xero-tenant-id'),
                   '70784a63-d24b-46a9-a4db-0e70a274b056')
            expect(f"{entry['path']}: authorization", entry['headers'].get('authorization'), 'Bearer a-token')
        return new


def synced(binary, settings, connector, model, *options):
    done = subprocess.run(
        [binary, 'sync', '--manifest', connector, '--settings', settings, '--model', model, '--to', 'jsonl', *options],
        capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or ' 0 rejected' not in done.stderr:
        wrong.append(f'{model}: {done.stderr[-600:]}')
    return {record['id']: record for record in map(json.loads, done.stdout.splitlines())}


def query(entry):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(entry['path']).query))


def main():
    door, file, binary, settings, connector = sys.argv[1:]
    log = Log(file)
    found = {}
    for model, path in [('purchase_order', '/PurchaseOrders'), ('vendor', '/Contacts'), ('item', '/Items'),
                        ('supplier_invoice', '/Invoices')]:
        found[model] = synced(binary, settings, connector, model, '--page-size', '2')
        asked = log.since_last()
        if not found[model]:
            wrong.append(f'{model}: no record')
        expect(f'{model}: paths', {entry['path'].split('?')[0] for entry in asked}, {path})
        if model != 'item':
            expect(f'{model}: pages', [query(entry).get('page') for entry in asked], ['1', '2'][:len(asked)])
            expect(f'{model}: page size', {query(entry).get('pageSize') for entry in asked}, {'2'})
        expect(f'{model}: everything', [entry for entry in asked if 'if-modified-since' in entry['headers']], [])
        synced(binary, settings, connector, model, '--since', SINCE)
        expect(f'{model}: since', {entry['headers'].get('if-modified-since') for entry in log.since_last()}, {SINCE})

    # The examples of the file, as they must come out: dates of both spellings, amounts, states.
    order = found['purchase_order'].get('f9627f0d-b715-4039-bb6a-96dc3eae5ec5', {})
    for field, value in {
        'number': 'PO-0001', 'order_date': '2019-03-12', 'updated_at': '2019-03-14T00:18:23.443Z',
        'status': 'cancelled', 'status_raw': 'DELETED', 'currency': 'NZD', 'total': {'amount': '20', 'currency': 'NZD'},
        'vendor': {'id': '430fa14a-f945-44d3-9f97-5df5e28441b8', 'name': 'Liam Gallagher'},
    }.items():
        expect(f'order: {field}', order.get(field), value)
    line = (order.get('lines') or [{}])[0]
    expect('line', (line.get('id'), line.get('description'), line.get('quantity'), line.get('unit_price')),
           ('0f7b54b8-bfa4-4c5d-9c22-73dbd5796e54', 'Foobar', '1', {'amount': '20', 'currency': 'NZD'}))
    item = found['item'].get('c8c54d65-f3f2-452d-926e-bf450b12fb07', {})
    expect('item', (item.get('number'), item.get('name'), item.get('updated_at'), item.get('type')),
           ('123', 'Guitars', '2019-03-07T17:57:56.267Z', 'non_stock'))
    through_the_stack(binary, settings, log)
    for entry in wrong:
        print(entry)
    print({model: len(records) for model, records in found.items()})
    sys.exit(bool(wrong))


def through_the_stack(binary, settings, log):
    """Connecting asks before it believes; one record has a path of its own."""
    with Stack(binary, '--log', 'off') as stack:
        entered = {'system': 'xero', **json.loads(pathlib.Path(settings).read_text())}
        made = stack.connect(entered, schedule='manual')
        log.since_last()
        id = '15369a9f-17b6-4235-83c4-0029256d1c37'
        one = stack.call('GET', f'/v1/purchase-orders/{id}', key=made['token'])
        expect('one order', (one['id'], one['number'], one['order_date']), (id, 'PO-0006', '2019-03-26'))
        expect('its path', [entry['path'] for entry in log.since_last()], [f'/PurchaseOrders/{id}'])


main()
