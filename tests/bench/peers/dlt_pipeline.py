"""The bench's orders through dlt's extract step: dlt_pipeline.py URL FOLDER DESTINATION. Extracted records stay in
FOLDER, in the form that the destination wants: duckdb's or plain files' (filesystem)."""

import os
import shutil
import sys

URL, FOLDER, DESTINATION = sys.argv[1:]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "WARNING"
os.environ["DLT_DATA_DIR"] = FOLDER
shutil.rmtree(FOLDER, ignore_errors=True)

import dlt
from dlt.sources.rest_api import rest_api_source

from mapping import to_unified

source = rest_api_source(
    {
        "client": {"base_url": URL},
        "resources": [
            {
                "name": "purchase_orders",
                "primary_key": "remote_id",
                "endpoint": {
                    "path": "PurchaseOrders",
                    "params": {"$top": 1000},
                    "data_selector": "value",
                    "paginator": {"type": "json_link", "next_url_path": "['@odata.nextLink']"},
                },
                "processing_steps": [{"map": to_unified}],
            }
        ],
    }
)
source.max_table_nesting = 0
os.makedirs(f"{FOLDER}/out", exist_ok=True)
destination = {
    "duckdb": lambda: dlt.destinations.duckdb(f"{FOLDER}/out/orders.duckdb"),
    "filesystem": lambda: dlt.destinations.filesystem(f"file://{FOLDER}/out"),
}[DESTINATION]()
pipeline = dlt.pipeline("orders", destination=destination, dataset_name="d", pipelines_dir=FOLDER)
pipeline.extract(source)
