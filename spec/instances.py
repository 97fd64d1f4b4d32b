#!/usr/bin/env python3
"""A made-up fleet: answers of EC2's DescribeInstances as large as real ones, 3.4 kB an instance.

As a program it serves a fleet of COUNT at 127.0.0.1, page by page, and prints its address.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

INSTANCE = """<item><reservationId>r-{i:017x}</reservationId><ownerId>123456789012</ownerId><groupSet/>
<instancesSet><item><instanceId>i-{i:017x}</instanceId><imageId>ami-{i:017x}</imageId>
<instanceState><code>16</code><name>running</name></instanceState>
<privateDnsName>ip-10-0-{a}-{b}.eu-central-1.compute.internal</privateDnsName><dnsName/>
<reason/><keyName>operators</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/>
<instanceType>m7g.large</instanceType><launchTime>2026-09-18T06:{m:02}:11.000Z</launchTime>
<placement><availabilityZone>eu-central-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement>
<monitoring><state>disabled</state></monitoring><subnetId>subnet-0a1b2c3d4e5f60718</subnetId>
<vpcId>vpc-0a1b2c3d4e5f60718</vpcId><privateIpAddress>10.0.{a}.{b}</privateIpAddress>
<sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-0a1b2c3d4e5f60718</groupId>
<groupName>application</groupName></item></groupSet><architecture>arm64</architecture>
<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item>
<deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-{i:017x}</volumeId><status>attached</status>
<attachTime>2026-09-18T06:{m:02}:12.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item>
</blockDeviceMapping><virtualizationType>hvm</virtualizationType><clientToken>{i:032x}</clientToken><tagSet>
<item><key>Name</key><value>worker {i} of the blue &amp; green fleet</value></item>
<item><key>start-stop:start</key><value>0 8 * * mon-fri</value></item>
<item><key>start-stop:stop</key><value>0 20 * * mon-fri</value></item>
<item><key>start-stop:timezone</key><value>Europe/Berlin</value></item>
<item><key>team</key><value>platform</value></item></tagSet><hypervisor>xen</hypervisor><networkInterfaceSet><item>
<networkInterfaceId>eni-{i:017x}</networkInterfaceId><subnetId>subnet-0a1b2c3d4e5f60718</subnetId>
<vpcId>vpc-0a1b2c3d4e5f60718</vpcId><description/><ownerId>123456789012</ownerId><status>in-use</status>
<macAddress>02:1a:2b:3c:{a:02x}:{b:02x}</macAddress><privateIpAddress>10.0.{a}.{b}</privateIpAddress>
<sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-0a1b2c3d4e5f60718</groupId>
<groupName>application</groupName></item></groupSet><attachment><attachmentId>eni-attach-{i:017x}</attachmentId>
<deviceIndex>0</deviceIndex><status>attached</status><attachTime>2026-09-18T06:{m:02}:11.000Z</attachTime>
<deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>
<privateIpAddressesSet><item><privateIpAddress>10.0.{a}.{b}</privateIpAddress><primary>true</primary></item>
</privateIpAddressesSet><ipv6AddressesSet/><interfaceType>interface</interfaceType></item></networkInterfaceSet>
<ebsOptimized>true</ebsOptimized><enaSupport>true</enaSupport><cpuOptions><coreCount>2</coreCount>
<threadsPerCore>1</threadsPerCore></cpuOptions><capacityReservationSpecification>
<capacityReservationPreference>open</capacityReservationPreference></capacityReservationSpecification>
<hibernationOptions><configured>false</configured></hibernationOptions><metadataOptions><state>applied</state>
<httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit>
<httpEndpoint>enabled</httpEndpoint></metadataOptions></item></instancesSet></item>"""


def answer(first, count, token=None):
    """The XML text of `count` instances, in pieces: one with the beginning, one each, one with the end."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        "<requestId>1</requestId><reservationSet>"
    )
    for i in range(first, first + count):
        yield INSTANCE.format(i=i, a=i // 250 % 250, b=i % 250, m=i % 60)
    yield "</reservationSet>"
    if token:
        yield f"<nextToken>{token}</nextToken>"
    yield "</DescribeInstancesResponse>"


def send(handler, status, pieces):
    """Sends an XML answer chunk by chunk."""
    handler.send_response(status)
    handler.send_header("Content-Type", "text/xml;charset=UTF-8")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for piece in pieces:
        handler.wfile.write(f"{len(piece):x}\r\n{piece}\r\n".encode())
    handler.wfile.write(b"0\r\n\r\n")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parameters = dict(parse_qsl(body.decode()))
        first = int(parameters.get("NextToken", 0))
        count = min(int(parameters["MaxResults"]), self.server.fleet - first)
        after = first + count
        send(self, 200, answer(first, count, after if after < self.server.fleet else None))

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.fleet = int(sys.argv[1])
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
