// Chromium, and what every test does with it.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);

// The shell first: with no window around the page, the focus has nowhere else to go when Tab leaves a document.
const programs = [process.env.CHROMIUM, "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** Starts the Chromium that CHROMIUM names, or Debian's. */
export function startBrowser() {
  return chromium.launch({
    executablePath: programs.find((program) => program && existsSync(program)),
    // In a container root has no sandbox, and shared memory is small.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"],
  });
}

/**
 * A page of its own, in a context of its own. What its console calls an error fails the test, unless `allowed`
 * names it. With ASSETS_FROM, styles and scripts come from that folder: for working on them without a build.
 */
export async function open(browser, { width = 1440, height = 900, scheme = "light", allowed = [], ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce", ...more });
  context.setDefaultTimeout(15_000);
  if (process.env.ASSETS_FROM) await fromDisk(context, process.env.ASSETS_FROM);
  const page = await context.newPage();
  page.complaints = [];
  const complain = (text) => {
    if (!allowed.some((one) => text.includes(one))) page.complaints.push(text);
  };
  page.on("console", (line) => line.type() === "error" && complain(line.text()));
  page.on("pageerror", (error) => complain(String(error)));
  return page;
}

async function fromDisk(context, folder) {
  const read = (name) => readFile(`${folder}/${name}`, "utf8");
  await context.route(/\/(assets\/[0-9a-f]+\/.*|connect\.js)$/, async (route) => {
    const path = new URL(route.request().url()).pathname;
    const name = path === "/connect.js" ? "connect/embed.js" : path.split("/").slice(3).join("/");
    const places = { "design.css": null, "parts.js": "scripts/parts.js", "initials.js": "scripts/initials.js", "mark.svg": "design/mark.svg" };
    const body =
      name === "design.css"
        ? (await Promise.all(["tokens", "elements", "controls", "parts"].map((part) => read(`design/${part}.css`)))).join("\n")
        : await read(places[name] ?? name);
    const contentType = name.endsWith(".css") ? "text/css" : name.endsWith(".svg") ? "image/svg+xml" : "text/javascript";
    await route.fulfill({ body, contentType });
  });
}

/** What axe-core finds wrong with a page or a frame. */
export async function violations(frame) {
  const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  // Through the debugger, which the page's policy does not hold back.
  await frame.evaluate(axe);
  const result = await frame.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`);
}

/** What a page and all that it loads weigh, compressed, file by file; not what its scripts ask the API. */
export async function weigh(page, go) {
  const answers = [];
  const hear = (answer) => answers.push(answer);
  // Whoever intercepts requests has no cache: each page is weighed as for a first visit.
  const pass = (route) => route.continue();
  await page.route("**/*", pass);
  page.on("response", hear);
  await go();
  page.off("response", hear);
  await page.unroute("**/*", pass);
  const files = [];
  for (const answer of answers) {
    const { pathname } = new URL(answer.url());
    // A redirect brings nothing.
    if (pathname.startsWith("/v1/") || answer.status() >= 300 && answer.status() < 400) continue;
    files.push([pathname, gzipSync(await answer.body(), { level: 9 }).length]);
  }
  return { files, sum: files.reduce((total, [, size]) => total + size, 0) };
}

/** By how many pixels a page is wider than its window. */
export const overflow = (frame) => frame.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
