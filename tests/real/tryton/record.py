"""Records real exchanges with a Tryton 8.2 server as fixtures, one file per subject.

usage: record.py SETTINGS RESTRICTED_SETTINGS OUTPUT_FOLDER
The key is written as "test-key". The last files change data, so the database is used up afterwards.
"""

import datetime as dt
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request
from base64 import urlsafe_b64encode

KEPT_HEADERS = (
    'content-type', 'content-language', 'content-range', 'accept-ranges', 'www-authenticate', 'location', 'date')

# Many2One and One2Many are followed by dots; computed fields are asked for like stored ones.
PURCHASE = """
number reference state invoice_method invoice_state shipment_state description comment purchase_date delivery_date
create_date write_date company.party.name company.currency.code party.code party.name invoice_party.name
contact.rec_name currency.code payment_term.name warehouse.code warehouse.name quoted_by.party.name
confirmed_by.party.name create_uid.login invoice_address.party_name invoice_address.street
invoice_address.postal_code invoice_address.city invoice_address.subdivision.code invoice_address.country.code
untaxed_amount tax_amount total_amount lines.sequence lines.type lines.description lines.note lines.quantity
lines.unit.symbol lines.unit_price lines.amount lines.delivery_date lines.product.code lines.product.name
lines.product.type lines.product_supplier.code lines.taxes.name lines.taxes.type lines.taxes.rate
lines.moves_progress lines.invoice_progress lines.moves.state lines.moves.quantity lines.moves.unit.symbol
lines.invoice_lines.quantity lines.invoice_lines.invoice.state""".split()
PARTY = """
code name active lang.code tax_identifier.type tax_identifier.code identifiers.type identifiers.code
addresses.party_name addresses.street addresses.postal_code addresses.city addresses.subdivision.code
addresses.country.code addresses.active contact_mechanisms.type contact_mechanisms.value contact_mechanisms.name
supplier_currency.code supplier_payment_term.name categories.name create_date write_date""".split()
PRODUCT = """
code name rec_name type consumable active description default_uom.symbol default_uom.name purchase_uom.symbol
cost_price list_price list_price_used cost_price_method purchasable categories.name account_category.name
identifiers.type identifiers.code product_suppliers.party.name product_suppliers.code
product_suppliers.currency.code product_suppliers.lead_time product_suppliers.prices.quantity
product_suppliers.prices.unit_price template.name template.active template.list_price template.write_date
create_date write_date""".split()
INVENTORY = 'product.code product.name product_reference quantity unit.symbol input_quantity output_quantity'.split()
STOCK = 'code name quantity forecast_quantity default_uom.symbol cost_price cost_value'.split()


def date(value):
    return {'__class__': 'date', 'year': value.year, 'month': value.month, 'day': value.day}


def datetime(value):
    return {
        '__class__': 'datetime', 'year': value.year, 'month': value.month, 'day': value.day, 'hour': value.hour,
        'minute': value.minute, 'second': value.second, 'microsecond': value.microsecond}


def b64(value):
    return urlsafe_b64encode(json.dumps(value, separators=(',', ':')).encode()).decode()


def fields(names):
    return [['f', name] for name in names]


def domain(*value):
    return [['d', b64(list(value))]]


BY_ID = [['o', b64([['id', 'ASC']])]]


def context(**values):
    return {'X-Tryton-Context': b64(values)}


class Recorder:
    def __init__(self, settings, restricted, folder):
        with open(settings) as file:
            self.settings = json.load(file)
        with open(restricted) as file:
            self.restricted = json.load(file)['credentials']['user_application_key']
        self.key = self.settings['credentials']['user_application_key']
        self.base = self.settings['settings']['instance_url']
        self.root = '/' + self.settings['settings']['database'] + '/rest/'
        self.folder = pathlib.Path(folder)
        self.exchanges = []

    def ask(self, path, query=(), headers=None, method='GET', body=None, authorization=None, root=None):
        url = self.base + (root or self.root) + path
        if query:
            url += '?' + urllib.parse.urlencode([tuple(pair) for pair in query])
        shown = dict(headers or {})
        sent = dict(shown)
        shown['Authorization'] = authorization or 'Bearer test-key'
        sent['Authorization'] = authorization or 'Bearer ' + self.key
        if authorization == 'none':
            del shown['Authorization'], sent['Authorization']
        if authorization == 'Bearer restricted-key':
            sent['Authorization'] = 'Bearer ' + self.restricted
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            shown['Content-Type'] = sent['Content-Type'] = 'application/json'
        request = urllib.request.Request(url, data=data, headers=sent, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read().decode()
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        self.exchanges.append({
            'request': {
                'method': method, 'path': (root or self.root) + path, 'query': [list(pair) for pair in query],
                'headers': shown, 'body': body},
            'response': {
                'status': answer.status,
                'headers': {k.lower(): v for k, v in answer.headers.items() if k.lower() in KEPT_HEADERS},
                'body': value}})
        return value

    def save(self, name, note):
        today = dt.date.today().isoformat()
        head = {'origin': 'real_system', 'note': f'Tryton 8.2.x, recorded {today} by tests/real/tryton. {note}'}
        text = json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "exchanges": [\n'
        text += ',\n'.join(self._exchange(exchange) for exchange in self.exchanges) + '\n  ]\n}\n'
        assert self.key not in text and self.restricted not in text
        assert json.loads(text)['exchanges'] == self.exchanges
        (self.folder / f'{name}.json').write_text(text)
        self.exchanges = []

    @staticmethod
    def _exchange(exchange):
        """One record a line: readable in a diff, and not ten times as long as it needs to be."""
        compact = dict(ensure_ascii=False, separators=(', ', ': '))
        response = exchange['response']
        body = response['body']
        if isinstance(body, list) and body:
            shown = '[\n' + ',\n'.join(' ' * 10 + json.dumps(item, **compact) for item in body) + '\n        ]'
        else:
            shown = json.dumps(body, **compact)
        return (
            '    {\n      "request": ' + json.dumps(exchange['request'], **compact) + ',\n      "response": {\n'
            f'        "status": {response["status"]},\n'
            f'        "headers": {json.dumps(response["headers"], **compact)},\n'
            f'        "body": {shown}\n      }}\n    }}')


def main(settings, restricted, folder):
    r = Recorder(settings, restricted, folder)
    purchase = 'model/purchase.purchase'

    # Sign-in and discovery
    preferences = r.ask('model/res.user/get_preferences', method='POST', body={'context_only': True})
    company = preferences['company']
    r.ask('model/company.company', fields(['party.name', 'currency.code', 'timezone']))
    r.ask('model/ir.module', fields(['name', 'version', 'state']) + domain(
        ['name', 'in', ['purchase', 'stock', 'stock_supply', 'product', 'party']]))
    r.ask(purchase, [['s', '1'], *fields(['number'])])
    r.save('connect', (
        'Who am I and for which company (the company id goes into X-Tryton-Context), which modules, one order.'))

    # Purchase orders: three pages by key set, then one by id
    last, rows = 0, True
    while rows:
        rows = r.ask(purchase, fields(PURCHASE) + domain(['id', '>', last]) + BY_ID + [['s', '20']])
        last = rows[-1]['id'] if rows else last
    r.save('purchase_orders', 'All orders in pages of 20, by id > last id; the empty page ends.')
    r.ask(f'{purchase}/{last}', fields(PURCHASE))
    r.ask(f'{purchase}/999999', fields(['number']))
    r.ask(f'{purchase}/{last}')
    r.ask(purchase, [['s', '2']])
    r.ask(f'{purchase}/{last}', fields(['party', 'currency', 'lines', 'invoices', 'moves', 'shipments']))
    r.save('purchase_order', (
        'One order; one that does not exist (404 HTML); without f only rec_name comes back; undotted references'
        ' are bare ids.'))

    # Incremental
    every = r.ask(purchase, fields(['create_date', 'write_date']) + BY_ID)
    r.exchanges.clear()
    at = [row['write_date'] or row['create_date'] for row in every]
    at.sort(key=lambda t: [t[k] for k in ('year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond')])
    since = at[-6]
    changed = ['OR', ['create_date', '>', since], ['write_date', '>', since]]
    deep = ['OR', *([path + field, '>', since] for path in ('', 'lines.', 'lines.moves.')
        for field in ('create_date', 'write_date'))]
    dates = fields(['number', 'create_date', 'write_date'])
    r.ask(purchase, dates + domain(*changed) + BY_ID + [['s', '100']])
    first = r.exchanges[-1]['response']['body'][0]['id']
    r.ask(purchase, dates + domain(changed, ['id', '>', first]) + BY_ID + [['s', '100']])
    r.ask(purchase, dates + domain(deep, ['id', '>', 0]) + BY_ID + [['s', '100']])
    text = '{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{microsecond:06}'.format(**since)
    r.ask(purchase, dates + domain(
        'OR', ['create_date', '>', text], ['write_date', '>', text]) + BY_ID + [['s', '100']])
    r.ask(purchase, dates + domain(['write_date', '=', None]) + BY_ID + [['s', '3']])
    r.ask(purchase, dates + [['o', b64([['write_date', 'ASC NULLS FIRST'], ['id', 'ASC']])], ['s', '3']])
    r.save('incremental', (
        'Changed since a time: typed datetime; the same with a key set on id; the same with the lines and their'
        ' moves; the same time as a string; rows never written have write_date null; ordering.'))

    # Paging
    number = fields(['number'])
    for extra, headers in (
            ([['s', '3'], ['p', '0']], {}), ([['s', '3'], ['p', '3']], {}), ([['s', '3'], ['p', '1000']], {}),
            ([['s', '0']], {}), ([], {'Range': 'records=0-3'}), ([], {'Range': 'records=3-6'}),
            ([], {'Range': 'records=47-60'}), ([], {'Range': 'records=1000-1010'}),
            ([['o', b64([['purchase_date', 'DESC'], ['id', 'ASC']])], ['s', '3']], {})):
        r.ask(purchase, number + (BY_ID if not any(k == 'o' for k, _ in extra) else []) + extra, headers)
    r.ask(purchase, number + domain(['state', 'in', ['draft', 'quotation']]) + BY_ID + [['s', '3']])
    r.ask(purchase, number + domain(['party.name', 'ilike', '%müller%']) + BY_ID + [['s', '3']])
    r.save('paging', 's and p; Range (end exclusive); ordering; two filters.')

    # Parties
    everyone = ['active', 'in', [True, False]]
    here = context(company=company)
    r.ask('model/party.party', fields(PARTY) + domain(everyone, ['id', '>', 0]) + BY_ID + [['s', '8']], here)
    r.ask('model/party.party', fields(PARTY) + domain(
        everyone, ['id', '>', r.exchanges[-1]['response']['body'][-1]['id']]) + BY_ID + [['s', '8']], here)
    r.ask('model/party.party/2', fields(PARTY), here)
    r.ask('model/party.party', fields(['name', 'active']) + domain(['id', '>', 11]) + BY_ID, here)
    r.save('parties', (
        'Suppliers in pages of 8, inactive ones included; one; without a clause on active the inactive are hidden.'))

    # Products
    r.ask('model/product.product', fields(PRODUCT) + domain(everyone, ['id', '>', 0]) + BY_ID + [['s', '12']], here)
    r.ask('model/product.product', fields(PRODUCT) + domain(
        everyone, ['id', '>', r.exchanges[-1]['response']['body'][-1]['id']]) + BY_ID + [['s', '12']], here)
    r.ask('model/product.product/1', fields(PRODUCT), here)
    r.ask('model/product.product', fields(['code', 'cost_price', 'list_price_used']) + BY_ID + [['s', '2']])
    r.save('products', (
        'Variants in pages of 12 with the company in the context; the last one without it: the prices are null.'))

    # Stock
    today = date(dt.date.today())
    places = r.ask('model/stock.location', fields([
        'code', 'name', 'type', 'active', 'parent.code', 'parent.type', 'create_date', 'write_date',
        ]) + domain(['type', 'in', ['warehouse', 'storage']]) + BY_ID)
    filled = [['quantity', '!=', 0]]
    for place in places:
        r.ask('model/product.product', fields(STOCK) + domain(*filled) + BY_ID + [['s', '100']], context(
            company=company, locations=[place['id']], with_childs=False))
    warehouse = next(place['id'] for place in places if place['type'] == 'warehouse')
    r.save('stock', (
        'The locations, then for each of them the products in it: the context chooses the location, with_childs false'
        ' leaves out the bins below it, and quantity is of today.'))
    r.ask('model/product.product', fields(STOCK) + domain(*filled) + BY_ID + [['s', '100']], context(
        company=company, locations=[warehouse], with_childs=True))
    r.ask('model/product.product', fields(STOCK) + domain(*filled) + BY_ID + [['s', '100']], context(
        company=company, locations=[warehouse], with_childs=True, stock_date_end=today))
    r.ask('model/product.product', fields(STOCK) + BY_ID + [['s', '3']], context(company=company))
    for extra in ({'location': warehouse, 'product_type': 'product.product', 'date': today}, {}):
        r.ask('model/stock.reporting.inventory', fields(INVENTORY) + [
            ['o', b64([['product', 'ASC']])], ['s', '50']], context(company=company, **extra))
    r.ask('model/stock.products_by_locations', fields(
        ['product.code', 'quantity', 'forecast_quantity', 'default_uom.symbol']) + domain(*filled) + BY_ID + [
        ['s', '100']], context(company=company, locations=[warehouse], with_childs=True))
    r.ask('model/stock.order_point', fields([
        'type', 'product.code', 'location.code', 'min_quantity', 'target_quantity', 'max_quantity', 'unit.symbol',
        ]) + BY_ID)
    r.ask('model/stock.move', fields([
        'product.code', 'from_location.code', 'to_location.code', 'quantity', 'unit.symbol', 'state',
        'effective_date', 'planned_date', 'origin', 'shipment', 'unit_price', 'currency.code', 'write_date',
        ]) + domain(['state', '=', 'done']) + BY_ID + [['s', '3']])
    r.save('stock_other', (
        'Other ways to stock: a whole warehouse with what lies below it, with and without an end date (forecast); without'
        ' locations (zero); the inventory report, with and without its context; products by locations; order points;'
        ' moves.'))

    # Errors
    r.ask(purchase, number, authorization='Bearer wrong-key')
    r.ask(purchase, number, authorization='none')
    r.ask(purchase, number, authorization='Bearer restricted-key')
    r.ask(f'{purchase}/1', number, authorization='Bearer restricted-key')
    r.ask(purchase, number, root='/nowhere/rest/')
    r.ask('model/purchase.nothing', number)
    r.ask(purchase, fields(['nothing']) + [['s', '1']])
    r.ask(purchase, fields(['party.nothing']) + [['s', '1']])
    r.ask(purchase, number + domain(['nothing', '=', 1]))
    r.ask(purchase, number + domain(['id', '~', 1]))
    r.ask(purchase, number + domain(['id']))
    r.ask(purchase, number + [['d', b64([['id', '>', 5]]).rstrip('=')]])
    r.ask(purchase, number + [['o', b64([['nothing', 'ASC']])]])
    r.ask(purchase, number + [['s', 'many']])
    r.ask(purchase + '/one', number)
    r.ask(f'{purchase}/1/validate', method='POST', body={})
    r.save('errors', (
        'Wrong key; no key; a user without the right (list: 400, one: 404); unknown database; unknown model; unknown'
        ' field; unknown nested field; unknown field in the domain; unknown operator; a clause that is too short; base64 without'
        ' padding;'
        ' unknown field in the order; s not a number; id not a number; a method that is not callable.'))

    # A line that is changed without its order
    draft = r.ask(purchase, fields(['lines']) + domain(['state', '=', 'draft']) + BY_ID + [['s', '1']])[0]
    r.exchanges.clear()
    since = datetime(dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=1))
    shallow = ['OR', ['create_date', '>', since], ['write_date', '>', since]]
    deep = ['OR', *([path + field, '>', since] for path in ('', 'lines.', 'lines.moves.')
        for field in ('create_date', 'write_date'))]
    r.ask(f'model/purchase.line/{draft["lines"][0]}', fields(['quantity', 'amount']), here, 'PUT', {'quantity': 8.0})
    r.ask(purchase, dates + domain(*shallow) + BY_ID)
    r.ask(purchase, dates + domain(*deep) + BY_ID)
    r.save('line_change', (
        'A line is changed on its own: asked by the dates of the order alone, nothing has changed; asked by the dates of'
        ' lines and moves too, the order comes. A second part delivery is seen in the same way only.'))

    # Writing: last, because it changes the data
    line = {'type': 'line', 'product': 3, 'unit': 1, 'quantity': 2.0,
        'unit_price': {'__class__': 'Decimal', 'decimal': '0.3333'}}
    order = {'party': 2, 'invoice_address': 2, 'currency': 1, 'warehouse': warehouse, 'reference': 'API-1',
        'purchase_date': today, 'lines': [['create', [line]]]}
    shown = fields(['number', 'state', 'total_amount', 'lines.quantity', 'lines.amount', 'lines.taxes'])
    new = r.ask(purchase, shown, here, 'POST', order)['id']
    r.ask(f'{purchase}/{new}', fields(['description', 'write_date']), here, 'PUT', {'description': 'Changed'})
    r.ask(f'{purchase}/{new}/quote', shown, here, 'POST')
    r.ask(f'{purchase}/{new}/confirm', shown, here, 'POST')
    r.ask(f'{purchase}/{new}/cancel', shown, here, 'POST')
    r.ask(f'{purchase}/{new}', (), here, 'DELETE')
    r.ask(f'{purchase}/999999', (), here, 'DELETE')
    r.ask(f'{purchase}/1', (), here, 'DELETE')
    r.ask(purchase, shown, None, 'POST', order)
    r.ask(purchase, shown, here, 'POST', {'reference': 'No party'})
    r.ask(purchase, shown, here, 'POST', {**order, 'lines': [['create', [{**line, 'quantity': 2.5}]]]})
    r.ask(purchase, shown, here, 'POST', {**order, 'lines': [['create', [{**line, 'unit_price': 0.3333}]]]})
    r.ask(purchase, shown, here, 'POST', {**order, 'nothing': 1})
    r.ask(f'{purchase}/999999', shown, here, 'PUT', {'description': 'x'})
    r.save('writes', (
        'Create, change, quote, confirm; then refused: cancel and delete what is confirmed, delete what is not there;'
        ' delete a draft; create without company, party, with too many digits, with a float as price, with an unknown'
        ' field; change what is not there.'))


if __name__ == '__main__':
    main(*sys.argv[1:])
