"""The mapping of the bench's orders as a user of a Python engine writes it."""

STATUS = {"02": "draft", "03": "pending_approval", "05": "approved", "08": "rejected"}


def line(item):
    return {
        "line_number": int(item["PurchaseOrderItem"]),
        "description": item["PurchaseOrderItemText"],
        "item_number": item["Material"],
        "quantity": item["OrderQuantity"],
        "unit": item["PurchaseOrderQuantityUnit"],
        "unit_price": item["NetPriceAmount"],
        "amount": item["NetAmount"],
        "tax_code": item["TaxCode"],
        "site": item["Plant"],
        "need_by": item["DeliveryDate"],
        "cost_center": item["CostCenter"],
        "received": item["IsCompletelyDelivered"],
    }


def to_unified(order):
    ship_to = order["ShipTo"]
    return {
        "remote_id": order["PurchaseOrder"],
        "number": order["PurchaseOrder"],
        "status": STATUS.get(order["PurchasingProcessingStatus"], "unknown"),
        "company_id": order["CompanyCode"],
        "vendor": {"remote_id": order["Supplier"], "name": order["SupplierName"]},
        "currency": order["DocumentCurrency"],
        "payment_terms": order["PaymentTerms"],
        "issue_date": order["PurchaseOrderDate"],
        "created_at": order["CreationDate"],
        "modified_at": order["LastChangeDateTime"],
        "total_amount": order["NetAmount"],
        "project": order["YY1_Project_PDH"],
        "memo": order["YY1_Notes_PDH"],
        "ship_to": {
            "name": ship_to["Name"],
            "street": ship_to["StreetName"] + " " + ship_to["HouseNumber"],
            "city": ship_to["CityName"],
            "postal_code": ship_to["PostalCode"],
            "country": ship_to["Country"],
        },
        "lines": [line(item) for item in order["_PurchaseOrderItem"]],
    }
