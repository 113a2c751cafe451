// Every page and screen, one after the other: for the test of their looks, and for pictures of them.

import { open } from "./browser.js";
import { Person } from "./flow.js";
import { startHost } from "./host.js";

/** Visits everything; `look(name, page, frame)` sees each. */
export async function visit(stack, browser, options, look) {
  await connectPage(stack, browser, options, look);
  await signIn(stack, browser, options, look);
  await messages(stack, browser, options, look);
  await modal(stack, browser, options, look);
}

async function connectPage(stack, browser, options, look) {
  const { url } = await stack.session();
  const page = await open(browser, options);
  const see = (name) => look(`connect-${name}`, page, page);
  const person = new Person(page);
  await page.goto(url);
  await page.getByRole("searchbox").waitFor();
  await see("1-systems");
  await page.getByRole("searchbox").fill("zzzzzz");
  await see("2-nothing-found");
  await page.getByRole("searchbox").fill("netsiute");
  await person.click("button", /^Oracle NetSuite/);
  await page.getByRole("heading", { name: "First, in Oracle NetSuite" }).waitFor();
  await see("3-prepare");
  await person.click("button", "Continue");
  await page.getByRole("heading", { name: "Connect Oracle NetSuite" }).waitFor();
  await see("4-form");
  await person.connect();
  await page.getByText("is needed.").first().waitFor();
  await see("5-form-problems");
  await person.click("button", "Fill in");
  await see("6-form-filled");
  await stack.fault("netsuite", "slow", { delay_ms: 2500 });
  await person.connect();
  await page.locator('.check-step[data-key="sign_in"][data-state="running"]').waitFor();
  await see("7-checking");
  await stack.mend();
  await stack.fault("netsuite", "bad_credentials");
  await person.outcome();
  await see("8-failed");
  await stack.mend();
  await person.click("button", "Check the details");
  await person.click("button", "Fill in");
  await person.connect();
  await person.outcome();
  await see("9-done");
  await page.context().close();
}

/** Waiting for a window in which a person signs in. */
async function signIn(stack, browser, options, look) {
  const page = await open(browser, options);
  const { url } = await stack.session({ systems: ["dynamics_business_central"] });
  await page.goto(url);
  const person = new Person(page);
  await person.click("radio", /^Sign in with Microsoft/);
  await person.click("button", "Continue");
  await person.click("button", "Fill in");
  await look("signin-1-form", page, page);
  const [opened] = await Promise.all([page.waitForEvent("popup"), person.click("button", /^Continue to /)]);
  await page.getByRole("heading", { name: "Waiting for you to sign in" }).waitFor();
  await look("signin-2-waiting", page, page);
  await opened.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: /was not allowed$/ }).waitFor();
  await look("signin-3-refused", page, page);
  await page.context().close();
}

async function messages(stack, browser, options, look) {
  const page = await open(browser, options);
  const { url, id } = await stack.session();
  await page.goto(`${stack.url}/connect/${id}`);
  await page.getByRole("heading", { name: "This link is not complete" }).waitFor();
  await look("message-incomplete", page, page);
  await page.goto(`${stack.url}/connect/${id}?x=1#token=mfl_${"0".repeat(36)}`);
  await page.getByRole("heading", { name: "This link is no longer valid" }).waitFor();
  await look("message-expired", page, page);
  await page.route("**/v1/connect/session", (route) => route.abort("internetdisconnected"));
  await page.goto(url);
  await page.getByRole("heading", { name: "You are offline" }).waitFor();
  await look("message-offline", page, page);
  await page.context().close();
}

async function modal(stack, browser, options, look) {
  const host = await startHost(stack);
  try {
    const { url } = await stack.session({ origins: [host.origin] });
    const page = await open(browser, options);
    await page.goto(host.origin);
    const theme = { accent: "#0a7d55", radius: "4px" };
    await page.evaluate((given) => window.start(given), { url, theme });
    const person = new Person(page.frameLocator("iframe"));
    await person.at.getByRole("searchbox").waitFor();
    const frame = page.frames().find((one) => one.url().startsWith(stack.url));
    await look("modal-1-systems", page, frame);
    await person.choose("SAP S/4HANA Cloud");
    await person.type("Tenant", "my300000");
    await look("modal-2-form", page, frame);
    await page.keyboard.press("Escape");
    await person.at.getByRole("heading", { name: "Leave without connecting?" }).waitFor();
    await look("modal-3-leave", page, frame);
    await page.context().close();
  } finally {
    await host.stop();
  }
}
