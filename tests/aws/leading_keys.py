"""Stands between a function and DynamoDB, and writes down each call that the function's role does not allow.

It knows actions, tables, indexes and the condition dynamodb:LeadingKeys, which no emulator enforces: a role that may
read only some partitions would fail on AWS alone.
"""

import fnmatch
import http.client
import http.server
import json
import re
import threading
import urllib.parse

PREFIX = "DynamoDB_20120810."
IN_TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def partition(row):
    """The partition key of a key or an item."""
    return row["pk"]["S"]


def queried(call):
    """The partition key that a query names, on the table or on an index."""
    condition = call["KeyConditionExpression"]
    name, value = re.search(r"(#?\w+)\s*=\s*(:\w+)", condition).groups()
    attribute = call.get("ExpressionAttributeNames", {}).get(name, name)
    wanted = "due_shard" if "IndexName" in call else "pk"
    if attribute != wanted:
        raise ValueError(f"the query does not begin with {wanted}: {condition}")
    return call["ExpressionAttributeValues"][value]["S"]


def accesses(operation, call):
    """(action, table or table/index, partition key) of everything that a call touches."""
    if operation == "TransactWriteItems":
        for item in call["TransactItems"]:
            ((kind, part),) = item.items()
            yield IN_TRANSACTION[kind], part["TableName"], partition(part.get("Key") or part["Item"])
    elif operation == "BatchGetItem":
        for table, part in call["RequestItems"].items():
            yield from ((operation, table, partition(key)) for key in part["Keys"])
    elif operation == "BatchWriteItem":
        for table, requests in call["RequestItems"].items():
            for request in requests:
                ((kind, part),) = request.items()
                yield operation, table, partition(part["Item" if kind == "PutRequest" else "Key"])
    elif operation == "BatchExecuteStatement":
        # PartiQL has permissions of its own; the store only inserts by it.
        for statement in call["Statements"]:
            table, names = re.fullmatch(r'INSERT INTO "([^"]+)" VALUE \{(.*)\}', statement["Statement"]).groups()
            place = names.split(",").index("'pk':?")
            yield "PartiQLInsert", table, statement["Parameters"][place]["S"]
    elif operation == "Query":
        index = f"/index/{call['IndexName']}" if "IndexName" in call else ""
        yield operation, call["TableName"] + index, queried(call)
    else:
        yield operation, call["TableName"], partition(call.get("Key") or call["Item"])


def allows(statements, action, table, key):
    """Whether a statement allows it. `statements` are resolved ones of dynamodb actions."""
    for statement in statements:
        patterns = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", ["*"])
        resource = statement["Resource"].partition(":table/")[2]
        if f"dynamodb:{action}" in statement["Action"] and resource == table:
            if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns):
                return True
    return False


class Watch:
    """A proxy on a free loopback port for one function; `denied` fills up."""

    def __init__(self, name, statements, endpoint, address):
        self.name = name
        self.statements = statements
        self.endpoint = urllib.parse.urlsplit(endpoint)
        self.denied = []
        self.seen = 0
        self.server = http.server.ThreadingHTTPServer((address, 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://{address}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def note(self, operation, body):
        """Judges a call."""
        for action, table, key in accesses(operation, json.loads(body)):
            self.seen += 1
            if not allows(self.statements, action, table, key):
                self.denied.append(f"{self.name} may not {action} {key.partition('#')[0]}#… of {table}")

    def _handler(self):
        watch = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                watch.note(self.headers["x-amz-target"].removeprefix(PREFIX), body)
                onward = http.client.HTTPConnection(watch.endpoint.hostname, watch.endpoint.port, timeout=30)
                onward.request("POST", self.path, body, dict(self.headers))
                answer = onward.getresponse()
                text = answer.read()
                onward.close()
                self.send_response(answer.status)
                for header, value in answer.getheaders():
                    if header.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                        self.send_header(header, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler
