"""The mapping as a component of airbyte-cdk's declarative source: the faster of its two ways."""

from dataclasses import dataclass
from typing import Any

from airbyte_cdk.sources.declarative.transformations import RecordTransformation

from mapping import to_unified


@dataclass
class MapOrder(RecordTransformation):
    parameters: Any = None

    def transform(self, record, config=None, stream_state=None, stream_slice=None):
        mapped = to_unified(record)
        record.clear()
        record.update(mapped)
