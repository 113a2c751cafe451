"""Changes one purchase order, adds one and cancels one, and writes down what proteus says about the three.

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

    with open(output, 'w') as file:
        json.dump({'purchase_order': [
            order(Purchase(record.id)) for record in (changed, cancelled, added)]}, file, indent=1, ensure_ascii=False)


if __name__ == '__main__':
    main(*sys.argv[1:])
