"""Writes down what proteus, Tryton's own client, says about every record: the judge of what the connector returns.

usage: expect.py CONFIG DATABASE OUTPUT_FILE
"""

import datetime as dt
import json
import sys

import proteus
from proteus import Model


def number(value):
    """Exact decimal text; a quantity is a float in Tryton and is written the shortest way that reads back the same."""
    return None if value is None else str(value) if not isinstance(value, float) else repr(value)


def date(value):
    return None if value is None else value.isoformat()


def reference(record, code='code', name='name'):
    if record is None:
        return None
    return {'id': str(record.id), 'number': getattr(record, code), 'name': getattr(record, name)}


def line(record):
    return {
        'id': str(record.id),
        'type': record.type,
        'item': reference(record.product),
        'description': record.description,
        'note': record.note,
        'quantity': number(record.quantity),
        'received_quantity': number(float(sum(
            m.quantity for m in record.moves if m.state == 'done' and m.unit == record.unit))),
        'unit': record.unit.symbol if record.unit else None,
        'unit_price': number(record.unit_price),
        'amount': number(record.amount),
        'delivery_date': date(record.delivery_date),
        'taxes': [tax.name for tax in record.taxes],
    }


def order(record):
    return {
        'id': str(record.id),
        'number': record.number,
        'reference': record.reference,
        'description': record.description,
        'notes': record.comment,
        'state': record.state,
        'shipment_state': record.shipment_state,
        'invoice_state': record.invoice_state,
        'vendor': reference(record.party),
        'currency': record.currency.code,
        'order_date': date(record.purchase_date),
        'required_date': date(record.delivery_date),
        'payment_terms': record.payment_term.name if record.payment_term else None,
        'warehouse': reference(record.warehouse),
        'untaxed_amount': number(record.untaxed_amount),
        'tax_amount': number(record.tax_amount),
        'total_amount': number(record.total_amount),
        'created_at': record.create_date.isoformat() + 'Z',
        'updated_at': (record.write_date or record.create_date).isoformat() + 'Z',
        'lines': [line(each) for each in record.lines],
    }


def orders():
    return [order(record) for record in Model.get('purchase.purchase').find([], order=[('id', 'ASC')])]


def vendors():
    everyone = [('active', 'in', [True, False])]
    suppliers = {record.party.id for record in Model.get('purchase.purchase').find([])}
    return [{
        'id': str(record.id),
        'number': record.code,
        'name': record.name,
        'active': bool(record.active),
        'supplier': record.id in suppliers,
        'tax_id': record.tax_identifier.code if record.tax_identifier else None,
        'addresses': [{
            'street': address.street,
            'city': address.city,
            'postal_code': address.postal_code,
            'country': address.country.code if address.country else None,
        } for address in record.addresses],
        'contacts': [[contact.type, contact.value] for contact in record.contact_mechanisms],
    } for record in Model.get('party.party').find(everyone, order=[('id', 'ASC')])]


def items():
    everyone = [('active', 'in', [True, False])]
    return [{
        'id': str(record.id),
        'number': record.code,
        'name': record.template.name,
        'description': record.description or None,
        'active': bool(record.active),
        'type': record.template.type,
        'consumable': bool(record.template.consumable),
        'unit': record.template.default_uom.symbol,
        'cost': number(record.cost_price),
        'identifiers': [identifier.code for identifier in record.identifiers],
    } for record in Model.get('product.product').find(everyone, order=[('id', 'ASC')])]


def stock(config):
    """Quantity on hand today, for each location on its own and for each warehouse with all that lies in it."""
    Location, Product = Model.get('stock.location'), Model.get('product.product')
    result = {'storage': {}, 'warehouse': {}}
    for location in Location.find([('type', 'in', ['storage', 'warehouse'])]):
        with config.set_context(
                locations=[location.id], with_childs=location.type == 'warehouse', stock_date_end=dt.date.today()):
            for product in Product.find([('quantity', '!=', 0)]):
                result[location.type][f'{product.id} at {location.id}'] = number(product.quantity)
    return result


def main(config_file, database, output):
    config = proteus.config.set_trytond(f'sqlite:///{database}', config_file=config_file)
    with open(output, 'w') as file:
        json.dump({
            'purchase_order': orders(), 'vendor': vendors(), 'item': items(), 'inventory_level': stock(config),
        }, file, indent=1, ensure_ascii=False)


if __name__ == '__main__':
    main(*sys.argv[1:])
