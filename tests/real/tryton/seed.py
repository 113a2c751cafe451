"""Fills an empty Tryton 8.2 or 7.0 database through proteus, Tryton's own client library.

Every number the connector is later judged by is computed by Tryton, not here: this file only types in
orders, receipts and invoices the way a user would. It is deterministic apart from the dates, which count
back from today because Tryton refuses movements in the future.

usage: seed.py CONFIG DATABASE BASE_URL SETTINGS_FILE RESTRICTED_SETTINGS_FILE
"""

import datetime as dt
import json
import os
import secrets
import sqlite3
import sys
from decimal import Decimal as D

import proteus
import trytond
import trytond.config as trytond_config
from proteus import Model
from trytond.modules.account.tests.tools import (
    create_chart, create_fiscalyear, create_tax, get_accounts)
from trytond.modules.account_invoice.tests.tools import (
    create_payment_term, set_fiscalyear_invoice_sequences)
from trytond.modules.company.tests.tools import create_company

TODAY = dt.date.today()
SERIES = tuple(map(int, trytond.__version__.split('.')[:2]))
FULFILLED = 'fulfillment' if SERIES >= (7, 2) else 'shipment'
# The lines of an address were one field before they were put together from their parts.
STREET = 'street_unstructured' if SERIES >= (7, 4) else 'street'

COUNTRIES = {
    'DE': ('DEU', 'Germany'), 'FR': ('FRA', 'France'), 'BE': ('BEL', 'Belgium'), 'AT': ('AUT', 'Austria'),
    'NL': ('NLD', 'Netherlands'), 'ES': ('ESP', 'Spain'), 'US': ('USA', 'United States'), 'JP': ('JPN', 'Japan'),
    'SE': ('SWE', 'Sweden'), 'GB': ('GBR', 'United Kingdom'), 'CH': ('CHE', 'Switzerland'),
}

# name, street, postal code, city, country, (identifier type, code), phone, email, supplier currency
SUPPLIERS = [
    ('Schrauben Müller GmbH', 'Industriestraße 12', '70565', 'Stuttgart', 'DE', ('eu_vat', 'DE136695976'), '+49 711 555 0101', 'verkauf@mueller.example', None),
    ('Aciers du Nord SA', '4 rue des Forges', '59000', 'Lille', 'FR', ('eu_vat', 'FR23334175221'), '+33 3 20 55 01 02', 'ventes@aciers.example', None),
    ('Van den Berg Hydrauliek', 'Havenweg 7', '2030', 'Antwerpen', 'BE', ('eu_vat', 'BE0897290877'), None, 'sales@vdb.example', None),
    ('Alpen Lager KG', 'Bahnhofplatz 1\nTor 3', '6020', 'Innsbruck', 'AT', ('eu_vat', 'ATU13585627'), '+43 512 555 01', None, None),
    ('De Vries Elektro B.V.', 'Keizersgracht 100', '1015 AA', 'Amsterdam', 'NL', ('eu_vat', 'NL004495445B01'), None, None, None),
    ('Ferretería Ruiz S.L.', 'Calle Mayor 8', '28013', 'Madrid', 'ES', ('eu_vat', 'ESB58378431'), '+34 91 555 0106', 'pedidos@ruiz.example', None),
    ('Acme Fasteners Inc.', '1 Factory Road', '44114', 'Cleveland', 'US', ('us_ein', '91-1144442'), '+1 216 555 0107', 'orders@acme.example', 'USD'),
    ('株式会社山田製作所', '1-2-3 Marunouchi', '100-0005', 'Tokyo', 'JP', None, '+81 3 5555 0108', 'info@yamada.example', 'JPY'),
    ('Nordiska Lager AB', 'Storgatan 5', '111 51', 'Stockholm', 'SE', ('eu_vat', 'SE123456789701'), None, 'order@nordiska.example', None),
    ('Sheffield Tools Ltd', '22 Blade Street', 'S1 2BJ', 'Sheffield', 'GB', ('gb_vat', 'GB980780684'), '+44 114 555 0110', 'sales@sheffield.example', None),
    ("Mustermann & Söhne <Reinigung> \"Plus\"", 'Hauptstraße 1', '10115', 'Berlin', 'DE', None, None, None, None),
    ('Züri Werkzeuge AG', 'Limmatquai 40', '8001', 'Zürich', 'CH', ('ch_uid', 'CHE-100.155.212'), '+41 44 555 01 12', 'info@zueri.example', None),
]

# code, name, type, unit, cost price, list price, tax category, description, options
PRODUCTS = [
    ('00012', 'Hex bolt M8x40', 'goods', 'Unit', '0.1250', '0.25', 'vat19', 'Zinc plated, DIN 933', {}),
    ('00013', 'Schraube M10 – verzinkt', 'goods', 'Unit', '0.2100', '0.40', 'vat19', None, {}),
    ('BRG-6204', 'Ball bearing 6204-2RS', 'goods', 'Unit', '3.3333', '7.90', 'vat19', 'Sealed deep groove ball bearing', {'ean': '4006381333931'}),
    ('BRG-6205', 'Ball bearing 6205-2RS', 'goods', 'Unit', '3.9900', '8.50', 'vat19', None, {'mpn': '6205-2RSH'}),
    ('OIL-46', 'Hydraulic oil HLP 46', 'goods', 'Liter', '2.7500', '4.80', 'vat19', 'ISO VG 46', {}),
    ('GRS-2', 'Lithium grease EP2', 'goods', 'Kilogram', '6.4000', '11.00', 'vat19', None, {'purchase_uom': 'Gram'}),
    ('CBL-3X15', 'Cable 3x1.5 mm²', 'goods', 'Meter', '0.8750', '1.60', 'vat19', 'H07RN-F', {}),
    ('HOSE-12', 'Hydraulic hose 1/2"', 'goods', 'Meter', '9.1000', '16.00', 'vat19', None, {}),
    ('FLT-AIR', 'Air filter cartridge', 'goods', 'Unit', '14.9000', '29.00', 'vat19', 'Line 1\nLine 2', {}),
    ('FLT-OIL', 'Oil filter cartridge', 'goods', 'Unit', '8.2500', '15.50', 'vat19', None, {}),
    ('BELT-A42', 'V-belt A42', 'goods', 'Unit', '5.0500', '9.90', 'vat19', None, {}),
    ('MTR-4KW', 'Electric motor 4 kW', 'assets', 'Unit', '389.0000', '560.00', 'vat19', 'IE3, 1450 rpm', {}),
    ('GLV-L', 'Work gloves', 'goods', 'Unit', '1.9500', '3.90', 'vat7', None, {'variant': ('GLV-XL', '2.0500')}),
    ('RAG-10', 'Cleaning rags', 'goods', 'Kilogram', '1.1000', '2.20', 'vat7', None, {'consumable': True}),
    ('MAN-EN', 'Maintenance manual', 'goods', 'Unit', '12.0000', '19.00', 'vat7', None, {}),
    ('SRV-INST', 'Installation on site', 'service', 'Hour', '65.0000', '95.00', 'vat19', 'By a certified technician', {}),
    ('SRV-CAL', 'Calibration', 'service', 'Unit', '120.0000', '180.00', 'notax', None, {}),
    ('SENS-T1', 'Temperature sensor PT100', 'goods', 'Unit', '21.0999', '39.00', 'notax', '温度センサー', {}),
    ('VLV-15', 'Ball valve DN15', 'goods', 'Unit', '7.7777', '14.00', 'notax', None, {}),
    ('OLD-1', 'Discontinued coupling', 'goods', 'Unit', '4.0000', '8.00', 'vat19', None, {'deactivate': True}),
]

# How many orders end in which state, and by which way.
PLAN = (
    ['draft'] * 7 + ['quotation'] * 6 + ['confirmed'] * 6
    + ['processing'] * 6 + ['partially received'] * 5 + ['received'] * 3 + ['invoiced'] * 2
    + ['done'] * 8 + ['cancelled'] * 3 + ['cancelled quotation'] * 2 + ['return'] * 1
)


class Numbers:
    """A tiny generator, the same on every Python, so that the data never shifts."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 33) % n

    def of(self, values):
        return values[self.below(len(values))]


def currency(code, name, symbol, digits, rate):
    Currency = Model.get('currency.currency')
    record = Currency(name=name, code=code, symbol=symbol, digits=digits, rounding=D(10) ** -digits)
    record.rates.new(date=dt.date(2000, 1, 1), rate=D(rate))
    record.save()
    return record


def main(config_file, database, base_url, settings_file, restricted_file):
    config = proteus.config.set_trytond(f'sqlite:///{database}', config_file=config_file)
    # Tryton warns that it has not asked the EU whether the VAT numbers exist; a user would click that away.
    config.skip_warning = True
    rnd = Numbers(8200)

    # Company, currencies, countries
    Country = Model.get('country.country')
    countries = {}
    for code, (code3, name) in COUNTRIES.items():
        countries[code] = Country(name=name, code=code, code3=code3)
        countries[code].save()
    subdivision = Model.get('country.subdivision')(
        country=countries['US'], code='US-OH', name='Ohio', type='state')
    subdivision.save()

    eur = currency('EUR', 'Euro', '€', 2, '1')
    usd = currency('USD', 'US Dollar', '$', 2, '1.1')
    jpy = currency('JPY', 'Yen', '¥', 0, '160')
    currencies = {'USD': usd, 'JPY': jpy}
    Party = Model.get('party.party')
    own = Party(name='Manifold Test Works')
    own.save()
    create_company(party=own, currency=eur)
    User = Model.get('res.user')
    Company = Model.get('company.company')
    company, = Company.find()

    # Accounts, one fiscal year, taxes
    create_chart(company)
    fiscalyear = set_fiscalyear_invoice_sequences(
        create_fiscalyear(company, (TODAY - dt.timedelta(days=200), TODAY)))
    fiscalyear.click('create_period')
    accounts = get_accounts(company)
    vat19, vat7 = create_tax(D('.19')), create_tax(D('.07'))
    for tax, name in ((vat19, 'VAT 19%'), (vat7, 'VAT 7%')):
        tax.name = tax.description = name
        tax.save()
    Journal = Model.get('account.journal')
    cash_journal, = Journal.find([('type', '=', 'cash')], limit=1)
    Model.get('account.invoice.payment.method')(
        name='Cash', journal=cash_journal,
        credit_account=accounts['cash'], debit_account=accounts['cash']).save()
    Category = Model.get('product.category')
    categories = {}
    for key, name, taxes in (('vat19', 'Standard', [vat19]), ('vat7', 'Reduced', [vat7]), ('notax', 'Untaxed', [])):
        category = Category(name=name, accounting=True)
        category.account_expense = accounts['expense']
        category.account_revenue = accounts['revenue']
        category.supplier_taxes.extend(Model.get('account.tax')(t.id) for t in taxes)
        category.save()
        categories[key] = category
    group = Category(name='Spare parts')
    group.save()

    direct = create_payment_term()
    direct.name = '30 days'
    direct.lines[0].relativedeltas.new(days=30)
    direct.save()

    # Warehouses: the one Tryton makes, with two bins below its storage, and a second one.
    Location = Model.get('stock.location')
    main_wh, = Location.find([('code', '=', 'WH')])
    storage, = Location.find([('code', '=', 'STO')])
    bins = []
    for name, code in (('Aisle A', 'STO-A'), ('Aisle B', 'STO-B')):
        location = Location(name=name, code=code, type='storage', parent=storage)
        location.save()
        bins.append(location)
    parts = {}
    for key, name in (('input', 'South Input'), ('output', 'South Output'), ('storage', 'South Storage')):
        parts[key] = Location(name=name, code='S-' + key[:3].upper(), type='storage')
        parts[key].save()
    south = Location(name='South Warehouse', code='WH-S', type='warehouse')
    south.input_location, south.output_location = parts['input'], parts['output']
    south.storage_location = parts['storage']
    # As Tryton itself does for the first warehouse.
    south.production_location = main_wh.production_location
    south.save()

    # Suppliers, and one party that is only a customer
    ContactMechanism = Model.get('party.contact_mechanism')
    suppliers = []
    for i, (name, street, zip_, city, country, identifier, phone, email, money) in enumerate(SUPPLIERS):
        party = Party(name=name)
        address, = party.addresses
        setattr(address, STREET, street)
        address.postal_code, address.city, address.country = zip_, city, countries[country]
        if country == 'US':
            address.subdivision = subdivision
        if i == 0:
            party.addresses.new(
                party_name=name + ', Rechnungsprüfung', postal_code='70001', city='Stuttgart', country=countries['DE'],
                **{STREET: 'Postfach 1234'})
        if identifier:
            party.identifiers.new(type=identifier[0], code=identifier[1])
        if phone:
            party.contact_mechanisms.new(type='phone', value=phone)
        if email:
            party.contact_mechanisms.new(type='email', value=email, name='Sales')
        if i == 2:
            party.contact_mechanisms.new(type='website', value='https://vdb.example')
        if money:
            party.supplier_currency = currencies[money]
        if i % 3:
            party.supplier_payment_term = direct
        party.save()
        suppliers.append(party)
    customer = Party(name='Only A Customer plc')
    customer.save()

    # Products
    Uom = Model.get('product.uom')
    uom = {u.name: u for u in Uom.find([])}
    Template = Model.get('product.template')
    products, retired = [], []
    for code, name, type_, unit, cost, price, tax, description, options in PRODUCTS:
        template = Template(name=name, type=type_, default_uom=uom[unit])
        template.purchasable = True
        if options.get('purchase_uom'):
            template.purchase_uom = uom[options['purchase_uom']]
        template.list_price = D(price)
        template.cost_price_method = 'fixed'
        template.consumable = bool(options.get('consumable'))
        template.account_category = categories[tax]
        if type_ == 'goods':
            template.categories.append(Category(group.id))
        product, = template.products
        product.suffix_code = code
        product.cost_price = D(cost)
        product.description = description
        if options.get('ean'):
            product.identifiers.new(type='ean', code=options['ean'])
        if options.get('mpn') and SERIES >= (7, 2):
            product.identifiers.new(type='mpn', code=options['mpn'])
        if options.get('variant'):
            variant = template.products.new()
            variant.suffix_code, variant.cost_price = options['variant'][0], D(options['variant'][1])
        template.save()
        (retired if options.get('deactivate') else products).extend(template.products)
    ProductSupplier = Model.get('purchase.product_supplier')
    for i, product in enumerate(products[:6]):
        link = ProductSupplier(party=suppliers[i], company=company, currency=eur)
        link.template, link.product = product.template, product
        link.code, link.name = f'V-{100 + i}', f'{product.template.name} (supplier)'
        link.lead_time = dt.timedelta(days=3 + i)
        link.prices.new(quantity=0, unit_price=D('1.2345') + i)
        link.prices.new(quantity=100, unit_price=D('1.1111') + i)
        link.save()
    OrderPoint = Model.get('stock.order_point')
    for product in products[:3]:
        OrderPoint(
            type='purchase', product=product, min_quantity=50.0, target_quantity=200.0,
            **{'location' if SERIES >= (7, 2) else 'warehouse_location': main_wh}).save()

    # Something on the shelf before any order
    inventory = Model.get('stock.inventory')(location=bins[0])
    for product, quantity in ((products[0], 1000.0), (products[4], 12.5), (products[6], 33.3)):
        inventory.lines.new(product=product, quantity=quantity)
    inventory.click('confirm')

    # Orders. The queue has no worker here, so an order is processed only when told to be.
    goods = [p for p in products if p.template.type == 'goods' and not p.template.consumable]
    to_cancel = []
    for number, target in enumerate(PLAN):
        purchase = order(number, target, rnd, suppliers, products, goods, direct, (main_wh, south))
        if target.startswith('cancelled'):
            to_cancel.append(purchase)
    # In one go, so that several orders share one modification time.
    Model.get('purchase.purchase').click(to_cancel, 'cancel')

    for product in retired:
        product.active = False
        product.save()
    asleep = suppliers[11]
    asleep.active = False
    asleep.save()

    # Users with keys: one that may read what a purchaser may, one that may nothing, a key not yet validated.
    Group = Model.get('res.group')
    ModelData = Model.get('ir.model.data')

    def data_id(name):
        if SERIES >= (7, 2):
            return ModelData.get_id(name, {})
        module, fs_id = name.split('.')
        (known,) = ModelData.find([('module', '=', module), ('fs_id', '=', fs_id)])
        return known.db_id

    def user(login, groups):
        record = User(name=login.title(), login=login)
        for name in groups:
            record.groups.append(Group(data_id(name)))
        record.companies.append(Company(company.id))
        record.company = Company(company.id)
        record.save()
        return record

    reader = user('manifold', [
        'purchase.group_purchase', 'stock.group_stock', 'account.group_account',
        'product.group_product_admin', 'party.group_party_admin'])
    nobody = user('nobody', [])
    for owner, path in ((reader, settings_file), (nobody, restricted_file)):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
            json.dump({
                'settings': {'instance_url': base_url, 'database': database},
                'credentials': credentials(owner),
            }, file, indent=2)
    configuration = getattr(trytond_config, 'config', trytond_config)
    age(os.path.join(configuration.get('database', 'path'), database + '.sqlite'), hours=2)


def credentials(owner):
    """A key of the REST interface where there is one, else the user's password."""
    if SERIES < (7, 2):
        password = secrets.token_urlsafe(24)
        owner.password = password
        owner.save()
        return {'user': owner.login, 'password': password}
    application = Model.get('res.user.application')(user=owner, application='rest')
    application.save()
    if application.state != 'validated':
        application.click('validate_')
    return {'user_application_key': application.key}


def age(path, hours):
    """Makes everything look as if it had been typed in some hours ago, so that "changed since" has a gap to cut at,
    whatever a connector holds back for clocks that differ."""
    form = '%Y-%m-%d %H:%M:%S.%f'

    def older(text):
        if text is None:
            return None
        value = dt.datetime.strptime(text if '.' in text else text + '.0', form)
        return (value - dt.timedelta(hours=hours)).strftime(form)

    connection = sqlite3.connect(path)
    connection.create_function('older', 1, older)
    tables = [name for name, in connection.execute("select name from sqlite_master where type = 'table'")]
    for table in tables:
        if table.split('_')[0] not in ('ir', 'res', 'sqlite'):
            columns = [row[1] for row in connection.execute(f'pragma table_info("{table}")')]
            for column in {'create_date', 'write_date'} & set(columns):
                connection.execute(f'update "{table}" set "{column}" = older("{column}")')
    connection.commit()
    connection.close()


def order(number, target, rnd, suppliers, products, goods, term, warehouses):
    Purchase, Line = Model.get('purchase.purchase'), Model.get('purchase.line')
    back = target == 'return'
    order = Purchase()
    order.party = suppliers[(number * 5) % len(suppliers)]
    order.purchase_date = TODAY - dt.timedelta(days=2 + rnd.below(90))
    order.warehouse = warehouses[number % 3 == 2]
    order.payment_term = term if number % 4 else None
    if number % 3 == 0:
        order.reference = f'SUP/{2026}-{number:04d}'
    if number % 2 == 0:
        order.description = rnd.of(['Spare parts for line 2', 'Réparation presse n° 4', 'Restock <A&B>', '定期発注'])
    if number % 7 == 1:
        order.comment = 'Deliver to gate 3.\nCall before arrival.'
    if number % 5 == 0:
        order.delivery_date = order.purchase_date + dt.timedelta(days=14)
    order.invoice_method = FULFILLED if number % 4 == 1 and target not in ('invoiced', 'done') else 'order'
    quantities = [1.0, 2.5, 3.0, 10.0, 12.0, 100.0, 0.75]
    whole_yen = order.currency.code == 'JPY'
    received = target in ('partially received', 'received', 'done', 'return')
    # The lines are saved on their own: as part of the order every keystroke would recompute the whole order.
    order.save()
    for n in range(1 + rnd.below(6)):
        line = Line(purchase=order)
        # An order that is to be received has to hold something that can be.
        line.product = rnd.of(goods if received and n == 0 or back else products)
        quantity = rnd.of(quantities)
        if line.unit.symbol == 'g':
            quantity *= 100
        elif line.unit.digits == 0:
            quantity = float(max(1, int(quantity)))
        line.quantity = -quantity if back else quantity
        line.unit_price = D(rnd.of(['480', '1250', '99']) if whole_yen else rnd.of(
            ['0.3333', '1.2500', '12.3456', '99.9900', '7.0000', '0.0500']))
        if rnd.below(4) == 0:
            line.description = f'{line.product.template.name}, as agreed'
        if rnd.below(5) == 0:
            line.note = 'Packed separately'
        if rnd.below(6) == 0:
            line.delivery_date_edit = True
            line.delivery_date_store = order.purchase_date + dt.timedelta(days=21)
        line.save()
    if number % 9 == 4:
        Line(purchase=order, type='comment', description='Please confirm within two days.').save()
        Line(purchase=order, type='subtotal', description='Subtotal').save()
        extra = Line(purchase=order, description='Freight, free text line')
        extra.quantity, extra.unit_price = 1.0, D('50' if whole_yen else '17.5000')
        extra.save()
    order = Purchase(order.id)

    if target in ('draft', 'cancelled'):
        return order
    order.click('quote')
    if target in ('quotation', 'cancelled quotation'):
        return order
    order.click('confirm')
    if target == 'confirmed':
        return order
    order.click('process')

    if target in ('invoiced', 'done'):
        for invoice in order.invoices:
            invoice.invoice_date = TODAY
            invoice.click('post')
            if target == 'done':
                pay = invoice.click('pay')
                pay.form.payment_method, = Model.get('account.invoice.payment.method').find([])
                pay.execute('choice')
                invoice.click('process')
    if target in ('partially received', 'received', 'done'):
        Shipment, Move = Model.get('stock.shipment.in'), Model.get('stock.move')
        moves = list(order.moves)
        if target == 'partially received':
            # The first line arrives in part, every second one not at all.
            moves = moves[::2]
        shipment = Shipment(supplier=order.party, warehouse=order.warehouse, reference=f'DN-{number:03d}')
        for move in moves:
            shipment.incoming_moves.append(Move(move.id))
        shipment.save()
        if target == 'partially received':
            first = shipment.incoming_moves[0]
            if first.quantity > 1:
                first.quantity = float(int(first.quantity / 2)) or 1.0
                first.save()
        shipment.click('receive')
        if number % 6 != 5:
            # Otherwise the goods stay in the input zone.
            shipment.click('do' if SERIES >= (7, 2) else 'done')
    # What a worker of the queue would do after each of the above, for what the order has become.
    order = Purchase(order.id)
    order.click('process')
    return order


if __name__ == '__main__':
    main(*sys.argv[1:])
