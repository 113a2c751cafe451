// A workspace with something to see, and the way into its dashboard.

import { createServer } from "node:http";

const CUSTOMERS = [
  ["sap_s4hana", "harbour", "Harbour Foods GmbH"],
  ["netsuite", "nordwind", "Nordwind Textiles"],
  ["dynamics_business_central", "atlas", "Atlas Machine Works"],
  ["dynamics_finance", "meridian", "Meridian Logistics"],
  ["sap_s4hana_v4", "orchard", "Orchard & Sons"],
];

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks until the answer will do; says what it came to when it never does. */
export async function until(what, ask) {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(100);
  }
}

/** Connects one customer's system of the sandbox; the connection. */
export async function connect(stack, system, id, name, more = {}) {
  const { settings, credentials } = await stack.sample(system);
  const made = await stack.api("POST", "/v1/connections", { system, settings, credentials, customer: { id, name }, keep_raw: true, ...more });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body.connection;
}

/** Waits until no sync of a connection is waiting or going on. */
export function settled(stack, id) {
  return until(`the syncs of ${id}`, async () => {
    const { body } = await stack.api("GET", `/v1/connections/${id}/syncs`);
    return body.data.every(({ state }) => !["queued", "running"].includes(state)) && body.data;
  });
}

/** Waits until a connection has a status. */
export function status(stack, id, wanted) {
  return until(`${id} to be ${wanted}`, async () => {
    const { body } = await stack.api("GET", `/v1/connections/${id}`);
    return body.status === wanted;
  });
}

/** Five customers, of which one is out of reach, one needs credentials, and one is gone. */
export async function furnish(stack) {
  const made = {};
  for (const [system, id, name] of CUSTOMERS) made[id] = await connect(stack, system, id, name);
  for (const { id } of Object.values(made)) await settled(stack, id);
  await stack.fault("sap_s4hana", "bad_record");
  await stack.api("POST", `/v1/connections/${made.harbour.id}/syncs`, { full: true });
  await settled(stack, made.harbour.id);
  await stack.mend();
  for (const [system, id, fault, wanted] of [
    ["netsuite", "nordwind", "down", "unreachable"],
    ["dynamics_finance", "meridian", "bad_credentials", "reauth_required"],
  ]) {
    await stack.fault(system, fault);
    await stack.api("POST", `/v1/connections/${made[id].id}/syncs`, {});
    await status(stack, made[id].id, wanted);
  }
  await stack.api("POST", `/v1/connections/${made.orchard.id}/disconnect`);
  // One endpoint takes everything, one answers 404 to all.
  made.receiver = await receiver();
  made.hears = await endpoint(stack, made.receiver.url, "The app's receiver");
  made.deaf = await endpoint(stack, `${stack.sandbox_url}/nowhere`, "Answers with 404");
  for (const { id } of [made.hears, made.deaf]) await stack.api("POST", `/v1/webhook-endpoints/${id}/test`);
  await stack.api("POST", `/v1/connections/${made.atlas.id}/syncs`, { full: true });
  await settled(stack, made.atlas.id);
  await until("a delivery", () => made.receiver.heard.some(({ type }) => type.startsWith("sync.")));
  return made;
}

/** Something that takes messages and keeps them. */
async function receiver() {
  const heard = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      heard.push(JSON.parse(text));
      response.end('{"taken":true}');
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { url: `http://127.0.0.1:${server.address().port}/hooks`, heard };
}

async function endpoint(stack, url, description) {
  const made = await stack.api("POST", "/v1/webhook-endpoints", { url, description });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body;
}

/** Signs in as a person does. */
export async function signIn(page, stack, key = stack.workspace_key) {
  await page.goto(`${stack.url}/dashboard`);
  await page.getByLabel("Workspace key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Every page, by a name for its picture. */
export async function pages(stack, made) {
  const of = (id, step) => `/dashboard/connections/${made[id].id}${step}`;
  const record = async (id, model) => {
    const { body } = await stack.api("GET", `/v1/connections/${made[id].id}`);
    const path = { purchase_order: "purchase-orders", vendor: "vendors" }[model];
    const answer = await fetch(`${stack.url}/v1/${path}?source=synced&limit=1`, {
      headers: { authorization: `Bearer ${stack.workspace_key}`, "manifold-connection": body.id },
    });
    const [first] = (await answer.json()).data;
    return of(id, `/record?model=${model}&id=${encodeURIComponent(first.id)}`);
  };
  const events = await stack.api("GET", "/v1/events");
  const first = async ({ id }) => (await stack.api("GET", `/v1/webhook-endpoints/${id}/deliveries`)).body.data[0].id;
  return {
    overview: "/dashboard",
    connections: "/dashboard/connections",
    "connections-none-found": "/dashboard/connections?q=nobody",
    connect: "/dashboard/connect",
    "connection-online": of("harbour", ""),
    "connection-unreachable": of("nordwind", ""),
    "connection-reauth": of("meridian", ""),
    "connection-disconnected": of("orchard", ""),
    records: of("harbour", "/records?model=purchase_order"),
    record: await record("harbour", "purchase_order"),
    "record-of-the-gone": await record("orchard", "vendor"),
    mapping: of("harbour", "/mapping?model=purchase_order"),
    timeline: of("nordwind", "/timeline"),
    "put-aside": of("harbour", "/put-aside"),
    settings: of("harbour", "/settings"),
    disconnect: of("harbour", "/disconnect"),
    erase: of("harbour", "/erase"),
    "rotate-token": of("harbour", "/rotate-token"),
    systems: "/dashboard/systems",
    system: "/dashboard/systems/sap_s4hana",
    webhooks: "/dashboard/webhooks",
    "webhook-new": "/dashboard/webhooks/new",
    webhook: `/dashboard/webhooks/${made.hears.id}`,
    "webhook-deaf": `/dashboard/webhooks/${made.deaf.id}`,
    "webhook-edit": `/dashboard/webhooks/${made.hears.id}/edit`,
    "webhook-delete": `/dashboard/webhooks/${made.hears.id}/delete`,
    delivery: `/dashboard/deliveries/${await first(made.hears)}`,
    "delivery-failed": `/dashboard/deliveries/${await first(made.deaf)}`,
    events: "/dashboard/events",
    event: `/dashboard/events/${events.body.data.find(({ type }) => type.startsWith("sync.")).id}`,
    credits: "/dashboard/credits",
    keys: "/dashboard/keys",
    start: "/dashboard/start",
    "not-there": "/dashboard/nowhere",
  };
}
