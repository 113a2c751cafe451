"""The main job through a client that an ordinary generator made from the description.

    tour.py BINARY SCRATCH [DESCRIPTION]

Connects three systems, syncs them, sends each the same calls, disconnects one. Nothing here spells a path, a parameter or a
field of JSON: whatever the description gets wrong, the client gets wrong.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from stack import LONGEST, Stack  # noqa: E402

SYSTEMS = ['sap_s4hana', 'netsuite', 'dynamics_business_central']


def generate(scratch, description):
    beside = pathlib.Path(sys.executable).parent
    made = subprocess.run(
        [beside / 'openapi-python-client', 'generate', '--path', description, '--output-path', scratch / 'client',
         '--overwrite', '--fail-on-warning', '--meta', 'none'],
        env={**os.environ, 'PATH': f'{beside}:{os.environ["PATH"]}'}, capture_output=True, text=True, check=False)
    if made.returncode or 'Warning' in made.stdout:
        sys.exit(made.stdout + made.stderr)
    sys.path.insert(0, str(scratch))


def tour(stack):
    from client import AuthenticatedClient, models
    from client.api.changes import list_changes
    from client.api.connections import create_connection, disconnect_connection, get_own_connection
    from client.api.credits_ import get_credits
    from client.api.records import get_purchase_order, list_purchase_orders, list_vendors
    from client.api.syncs import list_syncs, start_syncs
    from client.api.systems import list_systems
    from client.models.list_purchase_orders_source import ListPurchaseOrdersSource

    def client(token):
        return AuthenticatedClient(base_url=stack.url, token=token, timeout=60)

    def good(kind, answer):
        assert isinstance(answer, kind), f'{answer} instead of {kind.__name__}'
        return answer

    ours = client(stack.key)
    offered = {system.system for system in good(models.SystemList, list_systems.sync(client=ours)).data}
    assert offered >= set(SYSTEMS), offered
    connected = {}
    for system in SYSTEMS:
        entry = stack.sandbox()[system]
        body = models.NewConnection.from_dict({
            **{name: entry[name] for name in ('system', 'method', 'settings', 'credentials') if name in entry},
            'customer': {'id': 'generated'}, 'history': 'all', 'schedule': '6h'})
        connected[system] = good(models.Connected, create_connection.sync(client=ours, body=body))
        assert connected[system].connection.schedule == models.Interval.VALUE_4, connected[system].connection.schedule
    held = good(models.Credits, get_credits.sync(client=ours)).held
    assert held == sum(one.connection.credits_ for one in connected.values())

    def synced(id):
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            states = good(models.Syncs, list_syncs.sync(id, client=ours)).data
            if all(state.state == 'succeeded' for state in states):
                return states
            time.sleep(0.2)
        raise AssertionError(f'not synced: {states}')

    shapes = set()
    for system, one in connected.items():
        states = synced(one.connection.id)
        assert sum(state.counts.created for state in states) > 0, states
        theirs = client(one.token)
        pages = {
            source: list_purchase_orders.sync(client=theirs, source=source, limit=5) for source in ListPurchaseOrdersSource}
        for source, page in pages.items():
            assert page.data, f'{system}, {source}: no orders'
            for order in page.data:
                total = sum(1 for line in order.lines if line.quantity is not None)
                assert order.number and order.vendor.id and order.total.amount and total, order
        order = pages[ListPurchaseOrdersSource.SYNCED].data[0]
        same = good(models.PurchaseOrder, get_purchase_order.sync(order.id, client=theirs))
        assert (same.number, same.total.amount) == (order.number, order.total.amount), (same, order)
        assert list_vendors.sync(client=theirs, limit=1).data[0].name
        feed = list_changes.sync(client=theirs, limit=2)
        assert [change.seq for change in feed.data] and feed.next_cursor
        # By the workspace key, which has to name the connection.
        named = get_own_connection.sync(client=ours, manifold_connection=one.connection.id)
        assert good(models.Connection, named).system == system
        shapes.add(type(order))
        print(f'{system}: {sum(state.counts.created for state in states)} records, order {order.number} over '
              f'{order.total.amount} {order.total.currency}')
    assert len(shapes) == 1

    gone = connected[SYSTEMS[0]]
    ended = good(models.Connection, disconnect_connection.sync(gone.connection.id, client=ours))
    assert ended.status == 'disconnected'
    refused = list_purchase_orders.sync_detailed(client=client(gone.token))
    assert (refused.status_code, good(models.Problem, refused.parsed).code) == (401, 'token_revoked'), refused
    kept = list_purchase_orders.sync(client=ours, manifold_connection=gone.connection.id,
                                     source=ListPurchaseOrdersSource.SYNCED)
    assert kept.data, 'what was synced stays'
    again = start_syncs.sync_detailed(gone.connection.id, client=ours, body=models.StartSync())
    assert (again.status_code, again.parsed.code) == (409, 'connection_disconnected'), again


def main():
    binary, scratch, *description = sys.argv[1:]
    scratch = pathlib.Path(scratch).resolve()
    with Stack(binary, '--log', 'off') as stack:
        if not description:
            description = [scratch / 'served.json']
            description[0].write_text(json.dumps(stack.call('GET', '/openapi.json')))
        generate(scratch, description[0])
        tour(stack)


main()
