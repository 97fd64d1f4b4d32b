// The peer in JavaScript, served as floor_loop.c serves: the SDK's EC2 client, and with the argument `describe`
// one DescribeInstances for each event.

import http from "node:http";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";

const describe = process.argv[2] === "describe";
const ec2 = new EC2Client({});
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const path = "/2018-06-01/runtime/invocation";

function exchange(method, target, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent, method, path: path + target }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.headers));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const event = await exchange("GET", "/next");
  if (describe) await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
  await exchange("POST", `/${event["lambda-runtime-aws-request-id"]}/response`, "{}");
}
