"""Holds the connector `sap_s4hana` against mock-sap.

    judge.py records SAP BINARY SETTINGS CONNECTOR    what a sync writes is what SAP says, over tokens that end meanwhile
    judge.py faults SAP BINARY SETTINGS               SAP's troubles have the right codes in the API; what was sent
"""
import decimal
import json
import pathlib
import subprocess
import sys
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / 'strangers'))
from stack import Refused, Stack  # noqa: E402

SERVICES = '/sap/opu/odata/sap'
D = decimal.Decimal
wrong = []


def expect(what, found, wanted):
    if found != wanted:
        wrong.append(f'{what}: {found!r} instead of {wanted!r}')


class Sap:
    """mock-sap, asked by ourselves: its rows in its own words, its control plane, its request log."""

    def __init__(self, url):
        self.url = url

    def ask(self, path, method='GET', body=None, headers=None):
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={'Content-Type': 'application/json', **(headers or {})})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def token(self):
        form = urllib.request.Request(self.url + '/sap/bc/sec/oauth2/token', data=b'grant_type=client_credentials')
        form.add_header('Authorization', 'Basic bWFuaWZvbGQ6c2VjcmV0LW9mLTIwLWxldHRlcnM=')
        with urllib.request.urlopen(form, timeout=60) as answer:
            return json.loads(answer.read())['access_token']

    def rows(self, service, entities, **options):
        query = urllib.parse.urlencode({f'${name}': value for name, value in options.items()} | {'$format': 'json'})
        path = f'{SERVICES}/{service}/{entities}?{query}'
        return self.ask(path, headers={'Authorization': f'Bearer {self.token()}'})['d']['results']

    def fault(self, scenario, match='A_PurchaseOrder', **more):
        self.ask('/_mock/faults', 'POST', {'scenario': scenario, 'match': match, **more})

    def mend(self):
        self.ask('/_mock/faults', 'DELETE')

    def log(self):
        """Requests of others, oldest first."""
        entries = self.ask('/_mock/requests?limit=1000&verbose=1')['results'][::-1]
        return [entry for entry in entries if 'Python-urllib' not in str(entry['headers'])]


def day(text):
    """`/Date(1754611200000)/` as a day."""
    return time.strftime('%Y-%m-%d', time.gmtime(int(text[6:-2]) / 1000))


def synced(binary, settings, connector, model, *options):
    done = subprocess.run(
        [binary, 'sync', '--manifest', connector, '--settings', settings, '--model', model, '--to', 'jsonl', *options],
        capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        sys.exit(f'{model}: the sync failed: {done.stderr[-800:]}')
    if ' 0 rejected' not in done.stderr:
        wrong.append(f'{model}: {done.stderr[-800:]}')
    return [json.loads(line, parse_float=D) for line in done.stdout.splitlines()]


def order(row):
    """A purchase order as the API should show it, from SAP's own row."""
    def line(item):
        amount = D(item['OrderQuantity']) * D(item['NetPriceAmount']) / D(item['NetPriceQuantity'])
        return {
            'id': item['PurchaseOrderItem'], 'line_number': int(item['PurchaseOrderItem']), 'item': item['Material'],
            'quantity': D(item['OrderQuantity']), 'unit': item['PurchaseOrderQuantityUnit'],
            'unit_price': (D(item['NetPriceAmount']), 'EUR'), 'total': (round(amount, 2), 'EUR'),
            'site': item['Plant'], 'location': f"{item['Plant']}:{item['StorageLocation']}",
            'required_date': day(item['to_ScheduleLine']['results'][0]['SchedLineStscDeliveryDate']),
            'account': item['to_AccountAssignment']['results'][0]['GLAccount'],
        }
    lines = [line(item) for item in row['to_PurchaseOrderItem']['results']]
    arrived = [item['IsCompletelyDelivered'] for item in row['to_PurchaseOrderItem']['results']]
    status = {'02': 'approved', '05': 'approved', '08': 'rejected'}[row['PurchasingProcessingStatus']]
    status = 'received' if all(arrived) else 'partially_received' if any(arrived) else status
    return {
        'id': row['PurchaseOrder'], 'vendor': (row['Supplier'], row['AddressName']), 'status': status,
        'currency': row['DocumentCurrency'], 'order_date': day(row['PurchaseOrderDate']),
        'notes': row['to_PurchaseOrderNote']['results'][0]['PlainLongText'],
        'total': (sum(line['total'][0] for line in lines), 'EUR'), 'lines': lines,
    }


def ours(record):
    """The same of what Manifold wrote."""
    def money(of):
        return D(of['amount']), of['currency']

    def line(of):
        return {
            'id': of['id'], 'line_number': of['line_number'], 'item': of['item']['id'], 'quantity': D(of['quantity']),
            'unit': of['unit'], 'unit_price': money(of['unit_price']), 'total': money(of['total']),
            'site': of['site']['id'], 'location': of['location']['id'], 'required_date': of['required_date'],
            'account': of['account']['id'],
        }
    return {
        'id': record['id'], 'vendor': (record['vendor']['id'], record['vendor']['name']), 'status': record['status'],
        'currency': record['currency'], 'order_date': record['order_date'], 'notes': record['notes'],
        'total': money(record['total']), 'lines': [line(of) for of in record['lines']],
    }


def records(sap, binary, settings, connector):
    expand = ('to_PurchaseOrderItem,to_PurchaseOrderItem/to_ScheduleLine,to_PurchaseOrderItem/to_AccountAssignment,'
              'to_PurchaseOrderNote')
    wanted = [order(row) for row in sap.rows('API_PURCHASEORDER_PROCESS_SRV', 'A_PurchaseOrder', expand=expand)]
    before = len(sap.log())
    # Each answer takes half a second and a token lives for five: it ends on the way.
    sap.ask('/_mock/faults', 'POST', {'scenario': 'slow', 'match': 'A_PurchaseOrder'})
    # And one ends early.
    sap.ask('/_mock/faults', 'POST', {'scenario': 'expired-token', 'match': 'A_PurchaseOrder', 'count': 1})
    found = synced(binary, settings, connector, 'purchase_order', '--page-size', '1')
    sap.mend()
    for one, other in zip(sorted(map(ours, found), key=lambda of: of['id']), wanted, strict=False):
        for field, value in other.items():
            expect(f"order {other['id']}: {field}", one[field], value)
    expect('orders', len(found), len(wanted))
    sent = sap.log()[before:]
    tokens = [entry for entry in sent if entry['path'].endswith('/oauth2/token')]
    pages = [entry for entry in sent if entry['path'].endswith('/A_PurchaseOrder')]
    if len(tokens) < 3:
        wrong.append(f'{len(tokens)} sign-ins: the tokens did not end on the way')
    expect('pages', len([entry for entry in pages if entry['status'] == 200]), len(wanted) + 1)
    for entry in pages:
        query = dict(urllib.parse.parse_qsl(entry['query']))
        expect('order of the list', query.get('$orderby'), 'PurchaseOrder')
        expect('client', query.get('sap-client'), '100')
        expect('expanded', set(query.get('$expand', '').split(',')), set(expand.split(',')))

    since = '2025-11-01T00:00:00Z'
    changed = {of['id'] for of in wanted if of['order_date'] + 'T08:00:00Z' >= since}
    found = synced(binary, settings, connector, 'purchase_order', '--since', since)
    expect('orders changed since', {of['id'] for of in found}, changed)
    if not 0 < len(changed) < len(wanted):
        wrong.append('the time does not part the orders')

    suppliers = {row['Supplier']: row['BusinessPartnerFullName']
                 for row in sap.rows('API_BUSINESS_PARTNER', 'A_BusinessPartner', filter="Supplier ne ''")}
    found = synced(binary, settings, connector, 'vendor', '--page-size', '3')
    expect('vendors', {of['number']: of['name'] for of in found}, suppliers)
    products = {row['Product']: (row['ProductGroup'], row['BaseUnit'], D(row['GrossWeight']))
                for row in sap.rows('API_PRODUCT_SRV', 'A_Product')}
    found = synced(binary, settings, connector, 'item', '--page-size', '2')
    expect('items', {of['number']: (of['group']['id'], of['base_unit'], D(of['weight']['value'])) for of in found
                     if 'weight' in of}, {name: of for name, of in products.items() if of[2]})
    expect('items', len(found), len(products))
    stock = {row['Material']: (D(row['MatlWrhsStkQtyInMatlBaseUnit']), row['MaterialBaseUnit'])
             for row in sap.rows('API_MATERIAL_STOCK_SRV', 'A_MatlStkInAcctMod')}
    found = synced(binary, settings, connector, 'inventory_level')
    expect('stock', {of['item']['id']: (D(of['quantity_on_hand']), of['unit']) for of in found}, stock)
    print(f'{len(wanted)} orders, {len(suppliers)} vendors, {len(products)} items and {len(stock)} levels compared, '
          f'over {len(tokens)} tokens')


# Scenario of mock-sap: what a live read is answered with, by api.md.
TROUBLES = [
    ('busy', 503, 'system_unreachable', '/IWFND/CM_MGW_RT', 'No dialog work process available'),
    ('lock', 409, 'conflict', '/IWBEP/CX_MGW_BUSI_EXCEPTION', 'Document is locked by user MOCKUSER'),
    ('forbidden', 403, 'system_forbidden', '/IWFND/CM_BEC', 'No authorization to access Service'),
    ('error', 503, 'system_unreachable', '/IWBEP/CX_MGW_TECH_EXCEPTION', 'An exception was raised'),
    ('precondition', 409, 'conflict', '/IWBEP/CX_MGW_BUSI_EXCEPTION', 'changed by another user'),
]


def faults(sap, binary, settings):
    sap.mend()
    with Stack(binary, '--log', 'off') as stack:
        entered = {'system': 'sap_s4hana', **json.loads(pathlib.Path(settings).read_text())}
        made = stack.connect(entered, schedule='manual')
        token, id = made['token'], made['connection']['id']

        def read():
            try:
                return stack.call('GET', '/v1/purchase-orders?limit=2', key=token)
            except Refused as refused:
                return refused
        for scenario, status, code, upstream, message in TROUBLES:
            sap.fault(scenario)
            answer = read()
            sap.mend()
            if not isinstance(answer, Refused):
                wrong.append(f'{scenario}: answered as if nothing were wrong')
                continue
            problem = answer.problem
            expect(scenario, (answer.status, problem['code']), (status, code))
            said = problem.get('upstream', {})
            expect(f"{scenario}: the system's code", said.get('code'), upstream)
            if message not in said.get('message', ''):
                wrong.append(f'{scenario}: the sentence of SAP is missing in {said}')
            until = time.monotonic() + 60
            while isinstance(answer := read(), Refused) and time.monotonic() < until:
                time.sleep(0.2)
            if isinstance(answer, Refused):
                wrong.append(f'{scenario}: mended, and still {answer}')
        # Slow is not down.
        sap.fault('slow')
        expect('slow', len(read()['data']), 2)
        sap.mend()
        # A token that is withdrawn is replaced without a word.
        sap.ask('/_mock/tokens', 'DELETE')
        expect('withdrawn tokens', len(read()['data']), 2)

        writes(sap, stack, token)
        # A refused sign-in is for a person to mend; nothing is tried again until then.
        sap.fault('auth', match='.')
        expect('refused', (read().status, read().problem['code']), (409, 'reauth_required'))
        sap.mend()
        expect('status', stack.call('GET', f'/v1/connections/{id}')['status'], 'reauth_required')
    for entry in sap.log():
        # Whether anybody is there is asked without signing in.
        if entry['path'] != '/' and 'authorization' not in map(str.lower, entry['headers']):
            wrong.append(f"{entry['method']} {entry['path']} was sent without a token")


def writes(sap, stack, token):
    """SAP takes a write with a token against forgery only, which passthrough has to carry both ways."""
    def through(method, path, headers=None, body=None):
        return stack.call('POST', '/v1/passthrough', {
            'method': method, 'path': f'{SERVICES}/API_PURCHASEORDER_PROCESS_SRV{path}', 'headers': headers or {},
            **({'body': body} if body else {})}, key=token)
    new = {'CompanyCode': '1710', 'Supplier': '1000015', 'DocumentCurrency': 'EUR', 'to_PurchaseOrderItem': [
        {'Material': 'TG14', 'OrderQuantity': '5', 'NetPriceAmount': '1.25', 'NetPriceQuantity': '1'}]}
    refused = through('POST', '/A_PurchaseOrder', body=new)
    expect('a write without a token', (refused['status'], refused['headers'].get('x-csrf-token')), (403, 'Required'))
    fetched = through('GET', '/', {'X-CSRF-Token': 'Fetch'})
    csrf = fetched['headers'].get('x-csrf-token')
    made = through('POST', '/A_PurchaseOrder', {'X-CSRF-Token': csrf}, new)
    expect('a write with a token', made['status'], 201)
    if made['status'] == 201:
        number = made['body']['d']['PurchaseOrder']
        found = stack.call('GET', f'/v1/purchase-orders/{number}', key=token)
        expect('what was written', found['lines'][0]['quantity'], '5.000')


def main():
    what, url, *rest = sys.argv[1:]
    {'records': records, 'faults': faults}[what](Sap(url), *rest)
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


main()
