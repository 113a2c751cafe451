// Verifies webhook messages, a JSON object a line on standard input: {secret, headers, body}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Where npm put it, which is no folder above this file.
const { Webhook } = createRequire(`${process.argv[2]}/`)("standardwebhooks");
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  new Webhook(secret).verify(body, headers);
}
