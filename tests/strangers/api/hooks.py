"""What schemathesis has to be told: which token a route asks for, and names of things that exist.

Without the names every request would stop at "there is no such connection". They are given to most requests and
never to those that would destroy what the others need: those get things of their own to destroy.
"""
import itertools
import json
import os
import re

import schemathesis

GIVEN = json.load(open(os.environ['MANIFOLD_GIVEN'], encoding='utf-8'))
KEYS = GIVEN['keys']

# By the description's security scheme. There are several of each, since each may ask only so often.
TOKENS = {scheme: itertools.cycle(keys) for scheme, keys in KEYS.items()}


def scheme_of(operation):
    """The first security scheme that the operation names; None for an open one."""
    document = operation.definition.raw
    asked = document.get('security', operation.schema.raw_schema.get('security', []))
    return next((name for choice in asked for name in choice), None)


@schemathesis.auth()
class Bearer:
    def get(self, case, context):
        return 'any'

    def set(self, case, data, context):
        tokens = TOKENS.get(scheme_of(context.operation))
        if tokens is not None:
            case.headers = {**(case.headers or {}), 'Authorization': f'Bearer {next(tokens)}'}


def name_of(operation, parameter):
    """What exists under that name in a path, for one operation; None where nothing does."""
    label = f'{operation.method.upper()} {operation.path}'
    things = GIVEN['path']
    return (GIVEN['path_of'].get(label, {}).get(parameter) or things.get(f'{operation.path}#{parameter}')
            or things.get(parameter))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if path_parameters:
        for name, value in list(path_parameters.items()):
            real = name_of(context.operation, name)
            # One of four stays as it was made up: what does not exist is asked for too.
            if real is not None and sum(str(value).encode()) % 4:
                path_parameters[name] = real
            elif isinstance(value, str):
                # API Gateway resolves the escapes of a path before a function sees it: these end a path there.
                path_parameters[name] = re.sub('[?#]|%(?:3F|23|25)', '_', value, flags=re.IGNORECASE)
    return path_parameters


@schemathesis.hook
def map_headers(context, headers):
    """A connection's token names its connection already: with another one in the header it is refused."""
    if headers and sum(str(headers.get('Manifold-Connection', '')).encode()) % 4:
        del headers['Manifold-Connection']
    return headers


@schemathesis.hook
def map_body(context, body):
    """A made-up system is refused at once: most bodies name one of the sandbox."""
    if isinstance(body, dict) and isinstance(body.get('system'), str) and sum(body['system'].encode()) % 3:
        # A link session is used up by a success.
        linked = context.operation.path.startswith('/v1/connect/')
        body.update(GIVEN['wrong_entry' if linked else 'entry'])
    return body
