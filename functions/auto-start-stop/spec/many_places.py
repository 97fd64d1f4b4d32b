"""A local server that stands for EC2 and STS in many regions and accounts, with the latency of a network.

    with ManyPlaces(regions=5, accounts=10, instances=20000) as aws:
        ...                             # a function with aws.environment()
        aws.states, aws.most, aws.calls

Who calls is known by the access key, which STS gives out by account, and the region by the signature.

The first listings of all places, and the first starts, are held back until there is one from each place: a function
that asks one place after the other never gets an answer to these (it does after PATIENCE, and `met` says so).
"""

import re
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "spec"))

import instances  # noqa: E402

LATENCY = 0.05  # seconds
PATIENCE = 120  # seconds
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
CALLER = re.compile(r"Credential=AKIA(\d{12})/\d+/([a-z0-9-]+)/")
STATES = {"StartInstances": "running", "StopInstances": "stopped"}

DAY = instances.INSTANCE
NIGHT = DAY.replace(">0 8 *", ">0 x *").replace(">0 20 *", ">0 8 *").replace(">0 x *", ">0 20 *")


def instance_id(number):
    return f"i-{number:017x}"


class Gate:
    """Lets through once there is somebody from each of so many places."""

    def __init__(self, places):
        self.places = places
        self.here = set()
        self.open = threading.Event()
        self.met = False

    def pass_through(self, place):
        self.here.add(place)
        if len(self.here) >= self.places:
            self.met = True
            self.open.set()
        if not self.open.wait(PATIENCE):
            self.open.set()


class ManyPlaces:
    def __init__(self, regions, accounts, instances, refused=()):
        """`refused` are the accounts whose roles nobody may assume."""
        self.regions = [f"eu-test-{number}" for number in range(1, regions + 1)]
        self.accounts = [f"{number:012}" for number in range(100000000001, 100000000001 + accounts)]
        self.places = [(account, region) for account in self.accounts for region in self.regions]
        self.refused = set(refused)
        each = instances // len(self.places)
        self.ids = {place: range(each * at, each * (at + 1)) for at, place in enumerate(self.places)}
        self.states = {instance_id(n): "running" if n % 2 else "stopped" for n in range(each * len(self.places))}
        self.calls = Counter()  # by action
        self.sizes = Counter()  # of the batches
        self.in_flight = 0
        self.most = 0  # in flight at once
        asked = len(self.places) - len(self.refused) * regions
        self.gates = {action: Gate(asked) for action in ("DescribeInstances", "StartInstances")}
        self.lock = threading.Lock()

    # ---- serving ----

    def __enter__(self):
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.aws = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def environment(self):
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}",
            "AWS_REGION": self.regions[0],
            "AWS_ACCESS_KEY_ID": "AKIA999999999999",
            "AWS_SECRET_ACCESS_KEY": "local",
            "REGIONS": ",".join(self.regions),
            "ROLES": ",".join(f"arn:aws:iam::{account}:role/start-stop" for account in self.accounts),
        }

    def met(self):
        """Whether all places were being served at the same time."""
        return all(gate.met for gate in self.gates.values())

    def serve(self, place, parameters):
        """A status and the pieces of an answer, after a network's latency."""
        action = parameters["Action"]
        with self.lock:
            self.calls[action] += 1
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
        time.sleep(LATENCY)
        if action in self.gates:
            self.gates[action].pass_through(place)
        status, pieces = getattr(self, action)(place, parameters)
        with self.lock:
            self.in_flight -= 1
        return status, pieces

    # ---- operations ----

    def AssumeRole(self, _, parameters):
        account = parameters["RoleArn"].split(":")[4]
        if account in self.refused:
            error = "<Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error>"
            return 403, [f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"]
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        credentials = (
            f"<AccessKeyId>AKIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            f"<SessionToken>t</SessionToken><Expiration>{expires}</Expiration>"
        )
        result = f"<AssumeRoleResult><Credentials>{credentials}</Credentials></AssumeRoleResult>"
        return 200, [f"<AssumeRoleResponse>{result}</AssumeRoleResponse>"]

    def DescribeInstances(self, place, parameters):
        if parameters["Filter.1.Name"] == "instance-id":
            wanted = [int(value[2:], 16) for name, value in parameters.items() if name.startswith("Filter.1.Value.")]
            return 200, self.described(wanted)
        ids, first = self.ids[place], int(parameters.get("NextToken", 0))
        after = first + int(parameters["MaxResults"])
        return 200, self.described(ids[first:after], after if after < len(ids) else None)

    def described(self, numbers, token=None):
        yield f'<DescribeInstancesResponse xmlns="{NAMESPACE}"><requestId>1</requestId><reservationSet>'
        for n in numbers:
            text = (NIGHT if n % 2 else DAY).format(i=n, a=n // 250 % 250, b=n % 250, m=n % 60)
            yield text.replace("<name>running</name>", f"<name>{self.states[instance_id(n)]}</name>", 1)
        yield "</reservationSet>"
        if token:
            yield f"<nextToken>{token}</nextToken>"
        yield "</DescribeInstancesResponse>"

    def change(self, _, parameters):
        action = parameters["Action"]
        ids = [value for name, value in parameters.items() if name.startswith("InstanceId.")]
        with self.lock:
            self.sizes[len(ids)] += 1
            for each in ids:
                self.states[each] = STATES[action]
        items = "".join(f"<item><instanceId>{escape(each)}</instanceId></item>" for each in ids)
        return 200, [f'<{action}Response xmlns="{NAMESPACE}"><instancesSet>{items}</instancesSet></{action}Response>']

    StartInstances = StopInstances = change


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        caller = CALLER.search(self.headers["Authorization"])
        status, pieces = self.server.aws.serve((caller[1], caller[2]), dict(parse_qsl(body)))
        instances.send(self, status, pieces)

    def log_message(self, *_):
        pass
