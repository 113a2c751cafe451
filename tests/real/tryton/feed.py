"""Compares what the change feed told with what was changed: each change once, and nothing else.

usage: feed.py CHANGED_FILE CHANGES_FILE
"""

import json
import sys
from collections import Counter


def main(changed_file, changes_file):
    with open(changed_file) as file:
        expected = Counter(tuple(change) for change in json.load(file)['changes'])
    with open(changes_file) as file:
        told = Counter((each['model'], each['id'], each['change']) for each in json.load(file))
    for change, times in sorted((expected - told).items()):
        print(f'changes: {" ".join(change)}: not told')
    for change, times in sorted((told - expected).items()):
        print(f'changes: {" ".join(change)}: told {times} times too often')
    print(f'changes: {told.total()} told of {expected.total()}: {"the same" if told == expected else "different"}')
    return 0 if expected and told == expected else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
