"""Writes the description with one lie in it.

    plant.py DESCRIPTION LIE OUT
"""
import json
import sys

document = json.load(open(sys.argv[1], encoding='utf-8'))
schemas, paths = document['components']['schemas'], document['paths']


def twice():
    paths['/v1/events']['get']['operationId'] = paths['/v1/connections']['get']['operationId']


def type_of_credits():
    schemas['Credits']['properties']['free']['type'] = 'string'


def without_404():
    del paths['/v1/events/{id}']['get']['responses']['404']


def another_path():
    paths['/v1/connections/{id}/sync'] = paths.pop('/v1/connections/{id}/syncs')


LIES = {'twice': twice, 'type': type_of_credits, 'status': without_404, 'path': another_path}
LIES[sys.argv[2]]()
json.dump(document, open(sys.argv[3], 'w', encoding='utf-8'))
