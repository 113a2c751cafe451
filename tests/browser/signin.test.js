// Systems at which a person signs in themselves: in a window of its own, from a flow on another origin's page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { open, startBrowser } from "./browser.js";
import { Person, quiet } from "./flow.js";
import { startHost } from "./host.js";
import { startStack } from "./stack.js";

const NAME = "Dynamics 365 Business Central";
let stack;
let browser;
let host;
before(async () => {
  stack = await startStack();
  host = await startHost(stack);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await host?.stop();
  await stack?.stop();
});

/** Goes to the filled form inside an application. */
async function filled(options = {}) {
  const { url } = await stack.session({ origins: [host.origin], systems: ["dynamics_business_central"] });
  const page = await open(browser, options);
  await page.goto(host.origin);
  await page.evaluate((given) => window.start(given), { url });
  const frame = page.frameLocator("iframe");
  const person = new Person(frame);
  await person.click("radio", /^Sign in with Microsoft/);
  await person.click("button", "Continue");
  await person.click("button", "Fill in");
  return { page, frame, person };
}

/** Presses the button and answers the window that opens. */
async function windowOf({ page, person }) {
  const [opened] = await Promise.all([page.waitForEvent("popup"), person.click("button", `Continue to ${NAME}`)]);
  await opened.getByRole("heading", { name: "Sandbox sign-in" }).waitFor();
  return opened;
}

test("a person signs in in a window, and the flow goes on by itself", async () => {
  const flow = await filled();
  await flow.frame.getByText(`${stack.url}/v1/connect/oauth/callback`).waitFor();
  const opened = await windowOf(flow);
  const asked = new URL(opened.url());
  assert.equal(asked.searchParams.get("code_challenge_method"), "S256");
  assert.ok(!opened.url().includes("mfl_"), "the link token went to the system");
  await opened.getByRole("link", { name: "Accept" }).click();
  assert.equal(await flow.person.outcome(), `${NAME} is connected`);
  await assert.doesNotReject(async () => opened.isClosed() || opened.waitForEvent("close"));
  const [[, token]] = await flow.page.evaluate(() => window.heard.filter(([kind]) => kind === "success"));
  const exchanged = await stack.exchange(token);
  const orders = await stack.api("GET", "/v1/purchase-orders?limit=1", undefined, exchanged.body.token);
  assert.equal(orders.status, 200, JSON.stringify(orders.body));
  quiet(flow.page);
});

test("a refusal is explained, and can be thought over", async () => {
  const flow = await filled();
  const opened = await windowOf(flow);
  await opened.getByRole("link", { name: "Cancel" }).click();
  await flow.frame.getByRole("heading", { name: `${NAME} was not allowed` }).waitFor();
  await flow.frame.getByText("User declined to consent", { exact: false }).waitFor();
  await flow.person.click("button", "Check the details");
  await flow.person.click("button", "Fill in");
  const again = await windowOf(flow);
  await again.getByRole("link", { name: "Accept" }).click();
  assert.equal(await flow.person.outcome(), `${NAME} is connected`);
});

test("a window that is closed is explained", async () => {
  const flow = await filled();
  const opened = await windowOf(flow);
  await opened.close();
  await flow.frame.getByRole("heading", { name: "The window was closed" }).waitFor();
  await flow.person.click("button", "Check the details");
  await flow.frame.getByRole("button", { name: `Continue to ${NAME}` }).waitFor();
});

test("what comes back in another browser, or twice, opens nothing", async () => {
  const flow = await filled();
  const opened = await windowOf(flow);
  const back = `${stack.url}/v1/connect/oauth/callback`;
  const state = new URL(opened.url()).searchParams.get("state");
  const other = await open(browser, { allowed: ["409"] });
  await other.goto(`${back}?code=stolen&state=${encodeURIComponent(state)}`);
  await other.getByRole("heading", { name: "This window is not the one" }).waitFor();
  await opened.getByRole("link", { name: "Accept" }).click();
  assert.equal(await flow.person.outcome(), `${NAME} is connected`);
  const again = await flow.page.context().newPage();
  await again.goto(`${back}?code=again&state=${encodeURIComponent(state)}`);
  await again.getByRole("heading", { name: "This window is not the one" }).waitFor();
});
