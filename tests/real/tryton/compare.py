"""Compares the unified records that a sync printed with what Tryton's own client says.

usage: compare.py MODEL EXPECTED_FILE RECORDS_FILE
RECORDS_FILE holds one record a line, as `manifold sync --to jsonl` writes them. Every difference is printed; the exit
status is 1 when there is any.
"""

import datetime as dt
import json
import sys
from decimal import Decimal, InvalidOperation

STATUS = {
    'draft': 'draft',
    # Asked for, not ordered yet.
    'quotation': 'pending_approval',
    'confirmed': 'approved',
    'processing': {
        'none': 'sent', 'waiting': 'sent', 'exception': 'sent',
        'partially shipped': 'partially_received', 'received': 'received'},
    'done': 'closed',
    'cancelled': 'cancelled',
}
ITEM_TYPE = {'goods': 'stock', 'assets': 'stock', 'service': 'service'}


class Report:
    def __init__(self):
        self.differences = []
        self.checked = 0

    def same(self, where, expected, found):
        self.checked += 1
        if expected != found:
            self.differences.append(f'{where}: expected {expected!r}, found {found!r}')

    def say(self, text):
        self.differences.append(text)


def text(value):
    """Empty text and no text are the same thing to a reader."""
    return value or None


def decimal(value):
    """Amounts and quantities travel as decimal strings; anything else is a mistake of its own."""
    if value is None:
        return None
    if not isinstance(value, str):
        return f'not a decimal string: {value!r}'
    try:
        return Decimal(value).normalize() + 0
    except InvalidOperation:
        return f'not a decimal string: {value!r}'


def money(value, currency):
    if value is None:
        return None
    if not isinstance(value, dict) or value.get('currency') != currency:
        return f'not an amount in {currency}: {value!r}'
    return decimal(value.get('amount'))


def unit(value):
    return value.get('code') if isinstance(value, dict) else value


def name(value):
    return value.get('name') or value.get('code') or value.get('id') if isinstance(value, dict) else value


def moment(value):
    """The API shows milliseconds, Tryton keeps microseconds."""
    try:
        parsed = dt.datetime.fromisoformat(value.replace('Z', '+00:00'))
    except (AttributeError, ValueError):
        return f'not a time: {value!r}'
    if parsed.tzinfo is None:
        return f'no time zone: {value!r}'
    return parsed.replace(microsecond=parsed.microsecond // 1000 * 1000).isoformat()


def reference(report, where, expected, found):
    if expected is None:
        report.same(where, None, found)
        return
    found = found if isinstance(found, dict) else {}
    report.same(where + '.id', expected['id'], found.get('id'))
    for key in ('number', 'name'):
        if key in found:
            report.same(f'{where}.{key}', text(expected[key]), text(found[key]))


def purchase_order(report, expected, found):
    where = f'purchase_order {expected["id"]}'
    status = STATUS[expected['state']]
    if isinstance(status, dict):
        status = status[expected['shipment_state']]
    report.same(f'{where} status', status, found.get('status'))
    report.same(f'{where} status_raw', True, expected['state'] in str(found.get('status_raw')))
    report.same(f'{where} number', expected['number'], found.get('number'))
    report.same(f'{where} description', text(expected['description']), text(found.get('description')))
    report.same(f'{where} notes', text(expected['notes']), text(found.get('notes')))
    report.same(f'{where} currency', expected['currency'], found.get('currency'))
    report.same(f'{where} order_date', expected['order_date'], found.get('order_date'))
    report.same(f'{where} required_date', expected['required_date'], found.get('required_date'))
    report.same(f'{where} payment_terms', expected['payment_terms'], name(found.get('payment_terms')))
    report.same(f'{where} created_at', moment(expected['created_at']), moment(found.get('created_at')))
    report.same(f'{where} updated_at', moment(expected['updated_at']), moment(found.get('updated_at')))
    reference(report, f'{where} vendor', expected['vendor'], found.get('vendor'))
    for place in ('site', 'location'):
        if found.get(place):
            reference(report, f'{where} {place}', expected['warehouse'], found[place])
    currency = expected['currency']
    for ours, theirs in (('subtotal', 'untaxed_amount'), ('tax_total', 'tax_amount'), ('total', 'total_amount')):
        report.same(f'{where} {ours}', decimal(expected[theirs]), money(found.get(ours), currency))

    # Titles, comments and subtotals are text between the lines; a connector may leave them out.
    lines = {line['id']: line for line in found.get('lines') or []}
    wanted = [line for line in expected['lines'] if line['type'] == 'line']
    others = {line['id'] for line in expected['lines']} - {line['id'] for line in wanted}
    report.same(
        f'{where} lines', [line['id'] for line in wanted],
        [line['id'] for line in found.get('lines') or [] if line['id'] not in others])
    for line in wanted:
        here, there = f'{where} line {line["id"]}', lines.get(line['id'], {})
        reference(report, f'{here} item', line['item'], there.get('item'))
        # Nothing typed in: the product's name may stand in.
        described = there.get('description')
        fallback = None if line['description'] or line['item'] is None else line['item']['name']
        if described != fallback or fallback is None:
            report.same(f'{here} description', text(line['description']), text(described))
        report.same(f'{here} quantity', decimal(line['quantity']), decimal(there.get('quantity')))
        if 'received_quantity' in there:
            report.same(
                f'{here} received_quantity', decimal(line['received_quantity']), decimal(there['received_quantity']))
        report.same(f'{here} unit', line['unit'], unit(there.get('unit')))
        report.same(f'{here} unit_price', decimal(line['unit_price']), money(there.get('unit_price'), currency))
        report.same(f'{here} total', decimal(line['amount']), money(there.get('total'), currency))


def vendor(report, expected, found):
    where = f'vendor {expected["id"]}'
    report.same(f'{where} number', expected['number'], found.get('number'))
    report.same(f'{where} name', expected['name'], found.get('name'))
    report.same(f'{where} status', 'active' if expected['active'] else 'inactive', found.get('status'))
    report.same(f'{where} tax_id', expected['tax_id'], found.get('tax_id'))
    addresses = found.get('addresses') or []
    # A party begins with an address in which nothing is filled in: that is no address.
    expected['addresses'] = [address for address in expected['addresses'] if any(address.values())]
    report.same(f'{where} number of addresses', len(expected['addresses']), len(addresses))
    for index, (ours, theirs) in enumerate(zip(addresses, expected['addresses'])):
        here = f'{where} address {index}'
        report.same(f'{here} lines', text(theirs['street']), text('\n'.join(ours.get('lines') or [])))
        for key in ('city', 'postal_code', 'country'):
            report.same(f'{here} {key}', text(theirs[key]), text(ours.get(key)))
    # Where they are put is the connector's choice; nothing may get lost.
    everything = json.dumps(found, ensure_ascii=False)
    for kind, value in expected['contacts']:
        report.same(f'{where} {kind} {value} is there', True, json.dumps(value, ensure_ascii=False) in everything)


def item(report, expected, found):
    where = f'item {expected["id"]}'
    report.same(f'{where} number', expected['number'], found.get('number'))
    report.same(f'{where} name', expected['name'], found.get('name'))
    report.same(f'{where} description', text(expected['description']), text(found.get('description')))
    # Consumables are moved without being counted, and assets are not kept in stock for use.
    kind = 'non_stock' if expected['consumable'] or expected['type'] == 'assets' else ITEM_TYPE[expected['type']]
    report.same(f'{where} type', kind, found.get('type'))
    report.same(f'{where} base_unit', expected['unit'], unit(found.get('base_unit')))
    report.same(f'{where} status', 'active' if expected['active'] else 'inactive', found.get('status'))
    # In the company's currency, which a product does not name: so none is expected, and none may be made up.
    report.same(f'{where} cost', decimal(expected['cost']), money(found.get('cost'), None))
    everything = json.dumps(found, ensure_ascii=False)
    for code in expected['identifiers']:
        report.same(f'{where} identifier {code} is there', True, json.dumps(code) in everything)


def by_id(report, model, expected, records, optional=()):
    found = {}
    for record in records:
        key = record.get('id')
        if key in found:
            report.say(f'{model} {key}: came twice')
        found[key] = record
    expected = {record['id']: record for record in expected}
    for key in found.keys() - expected.keys():
        report.say(f'{model} {key}: not in Tryton, or not asked for')
    for key in expected.keys() - found.keys():
        if key not in optional:
            report.say(f'{model} {key}: missing')
    for key in sorted(expected.keys() & found.keys(), key=int):
        COMPARE[model](report, expected[key], found[key])


def inventory_level(report, expected, records):
    """Stock is given for each location or for each warehouse, as the connector prefers, but completely."""
    found, ids = {}, set()
    for record in records:
        if record.get('id') in ids:
            report.say(f'inventory_level {record.get("id")}: this id came twice')
        ids.add(record.get('id'))
        place = record.get('bin') or record.get('location') or record.get('site') or {}
        key = f'{(record.get("item") or {}).get("id")} at {place.get("id")}'
        if key in found:
            report.say(f'inventory_level {key}: came twice')
        found[key] = decimal(record.get('quantity_on_hand'))
    # A place that holds nothing may be shown as zero or left out.
    found = {key: value for key, value in found.items() if value != 0}
    kinds = [{key: decimal(value) for key, value in expected[kind].items()} for kind in ('storage', 'warehouse')]
    nearest = max(kinds, key=lambda kind: len(kind.keys() & found.keys()))
    for key in sorted(nearest.keys() | found.keys()):
        report.same(f'inventory_level of item {key}', nearest.get(key), found.get(key))


COMPARE = {'purchase_order': purchase_order, 'vendor': vendor, 'item': item}


def main(model, expected_file, records_file):
    with open(expected_file) as file:
        expected = json.load(file)[model]
    records = []
    with open(records_file) as file:
        for line in filter(str.strip, file):
            record = json.loads(line)
            records.append(record.get('record', record))
    report = Report()
    for record in records:
        report.same(f'model of {record.get("id")}', model, record.get('model'))
    if model == 'inventory_level':
        inventory_level(report, expected, records)
    else:
        # Tryton does not mark suppliers: a party that was never ordered from may be given or not.
        optional = {each['id'] for each in expected if model == 'vendor' and not each['supplier']}
        by_id(report, model, expected, records, optional)
    for difference in report.differences[:200]:
        print(difference)
    if len(report.differences) > 200:
        print(f'… and {len(report.differences) - 200} more')
    verdict = f'{len(report.differences)} differences' if report.differences else 'the same'
    print(f'{model}: {len(records)} records, {report.checked} values compared: {verdict}')
    return 1 if report.differences or not report.checked else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
