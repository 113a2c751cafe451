"""Prints an API Gateway event (HTTP API, payload 2.0), as Lambda hands it to a function.

    python tests/aws/event.py GET /v1/credits
"""

import json
import sys


def event(method, path):
    """The event of a request without body and credentials."""
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "rie.sh"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example.com", "accept": "application/json"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": http,
            "requestId": "request-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1767225600000,
        },
        "isBase64Encoded": False,
    }


if __name__ == "__main__":
    json.dump(event(sys.argv[1], sys.argv[2]), sys.stdout)
