"""The bench's orders as a Singer tap, with the fastest writer that singer-sdk has."""

import sys

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.pagination import BaseHATEOASPaginator
from urllib.parse import parse_qsl

from mapping import to_unified

TEXT, NUMBER = th.StringType, th.NumberType


def texts(*names):
    return [th.Property(name, TEXT) for name in names]


LINE = th.ObjectType(
    th.Property("line_number", th.IntegerType),
    th.Property("quantity", NUMBER),
    th.Property("unit_price", NUMBER),
    th.Property("amount", NUMBER),
    th.Property("received", th.BooleanType),
    *texts("description", "item_number", "unit", "tax_code", "site", "need_by", "cost_center"),
)
SCHEMA = th.PropertiesList(
    th.Property("remote_id", TEXT, required=True),
    *texts("number", "status", "company_id", "currency", "payment_terms", "issue_date", "created_at", "modified_at"),
    *texts("project", "memo"),
    th.Property("total_amount", NUMBER),
    th.Property("vendor", th.ObjectType(*texts("remote_id", "name"))),
    th.Property("ship_to", th.ObjectType(*texts("name", "street", "city", "postal_code", "country"))),
    th.Property("lines", th.ArrayType(LINE)),
).to_dict()


class NextLink(BaseHATEOASPaginator):
    def get_next_url(self, response):
        return response.json().get("@odata.nextLink")


class Orders(RESTStream):
    name = "purchase_orders"
    path = "/PurchaseOrders"
    primary_keys = ("remote_id",)
    records_jsonpath = "$.value[*]"
    schema = SCHEMA

    @property
    def url_base(self):
        return self.config["url"]

    def get_new_paginator(self):
        return NextLink()

    def get_url_params(self, context, next_page_token):
        return dict(parse_qsl(next_page_token.query)) if next_page_token else {"$top": 1000, "$skip": 0}

    def post_process(self, row, context=None):
        return to_unified(row)


class TapOrders(Tap):
    name = "tap-orders"
    message_writer_class = MsgSpecWriter
    config_jsonschema = th.PropertiesList(th.Property("url", TEXT, required=True)).to_dict()

    def discover_streams(self):
        return [Orders(self)]


if __name__ == "__main__":
    sys.exit(TapOrders.cli())
