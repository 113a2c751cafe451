"""What a bootstrap does before it asks Lambda for its first event."""

import http.server
import json
import os
import signal
import subprocess
import threading
import time


class Aws(http.server.BaseHTTPRequestHandler):
    """Lambda's runtime API, Secrets Manager and DynamoDB, as far as a start needs them."""

    protocol_version = "HTTP/1.1"
    polled = threading.Event()

    def do_GET(self):
        self.polled.set()
        # No event ever comes: the bootstrap is ended while it waits.
        time.sleep(60)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = {}
        if self.headers.get("x-amz-target", "").endswith(".GetSecretValue"):
            answer = {"ARN": "arn", "Name": "master", "SecretString": "a master secret of the benchmark's own"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def environment(port):
    endpoint = f"http://127.0.0.1:{port}"
    return {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_ENDPOINT_URL": endpoint,
        "STACK": "bench",
        "STATE_TABLE": "state",
        "RECORDS_TABLE": "records",
        "SYNC_QUEUE_URL": f"{endpoint}/queue",
        "DELIVER_QUEUE_URL": f"{endpoint}/deliveries",
        "MASTER_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:1:secret:master",
        "VAULT_PREFIX": "bench/",
        "PUBLIC_URL": endpoint,
    }


def cpu_to_first_poll(program):
    """CPU seconds of a program until it asks for its first event."""
    server = Server(("127.0.0.1", 0), Aws)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Aws.polled.clear()
    child = subprocess.Popen([program], env=environment(server.server_port), stdout=subprocess.DEVNULL)
    polled = Aws.polled.wait(20)
    # It waits for the answer now and uses nothing more.
    time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = -signal.SIGKILL
    server.shutdown()
    server.server_close()
    if not polled:
        raise SystemExit(f"{program} did not ask for an event")
    return usage.ru_utime + usage.ru_stime
