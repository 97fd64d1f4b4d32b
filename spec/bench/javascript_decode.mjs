// javascript_decode.mjs FILE ROUNDS: what the SDK does to an answer of DescribeInstances; microseconds on a processor
// a round.

import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";

const text = readFileSync(process.argv[2]);
let began;

function spent() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const requestHandler = {
  async handle() {
    began = spent();
    return { response: { statusCode: 200, headers: { "content-type": "text/xml" }, body: Readable.from([text]) } };
  },
};
const credentials = { accessKeyId: "x", secretAccessKey: "x" };
const ec2 = new EC2Client({ region: "eu-central-1", credentials, requestHandler });
for (let round = Number(process.argv[3]); round > 0; round--) {
  const output = await ec2.send(new DescribeInstancesCommand({}));
  console.log((spent() - began).toFixed(1));
  if (output.Reservations.length !== 1000) throw new Error("instances are missing");
}
