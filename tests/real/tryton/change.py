"""Changes one purchase order, adds one and cancels one, counts stock, and writes down what proteus says about the
three orders and which changes a reader has to hear of.

usage: change.py CONFIG DATABASE OUTPUT_FILE
"""

import datetime as dt
import json
import sys
from decimal import Decimal

import proteus
from expect import order
from proteus import Model


def main(config_file, database, output):
    proteus.config.set_trytond(f'sqlite:///{database}', config_file=config_file)
    Purchase = Model.get('purchase.purchase')

    drafts = Purchase.find([('state', '=', 'draft')], order=[('id', 'ASC')])
    changed = drafts[0]
    changed.description = 'Changed after the first sync'
    line = changed.lines[0]
    line.quantity = line.quantity + 4
    line.unit_price = line.unit_price + Decimal('0.0101')
    changed.save()

    cancelled = Purchase.find([('state', '=', 'quotation')], order=[('id', 'ASC')])[0]
    cancelled.click('cancel')

    like = Purchase.find([('state', '=', 'processing')], order=[('id', 'ASC')])[0]
    added = Purchase(party=like.party, warehouse=like.warehouse, reference='ADDED-LATER')
    added.purchase_date = dt.date.today()
    for product in {each.product.id: each.product for each in like.lines if each.product}.values():
        new = added.lines.new(product=product)
        new.quantity, new.unit_price = 7.0, Decimal('0.0707') if added.currency.digits else Decimal(71)
    added.click('quote')

    told = [('purchase_order', str(changed.id), 'updated'), ('purchase_order', str(cancelled.id), 'updated'),
        ('purchase_order', str(added.id), 'created')]
    told += count_stock()
    with open(output, 'w') as file:
        json.dump({'purchase_order': [
            order(Purchase(record.id)) for record in (changed, cancelled, added)], 'changes': told},
            file, indent=1, ensure_ascii=False)


def count_stock():
    """In one aisle a product has become fewer and another is gone, and some were found in the other aisle."""
    Location, Product = Model.get('stock.location'), Model.get('product.product')
    (one,), (other,) = Location.find([('code', '=', 'STO-A')]), Location.find([('code', '=', 'STO-B')])
    (bolt,), (oil,) = Product.find([('code', '=', '00012')]), Product.find([('code', '=', 'OIL-46')])
    for location, lines in ((one, ((bolt, 990.0), (oil, 0.0))), (other, ((bolt, 4.0),))):
        inventory = Model.get('stock.inventory')(location=location)
        for product, quantity in lines:
            inventory.lines.new(product=product, quantity=quantity)
        inventory.click('confirm')
    return [('inventory_level', f'{bolt.id}:{one.id}', 'updated'), ('inventory_level', f'{oil.id}:{one.id}', 'deleted'),
        ('inventory_level', f'{bolt.id}:{other.id}', 'created')]


if __name__ == '__main__':
    main(*sys.argv[1:])
