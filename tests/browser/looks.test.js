// How pages look to everybody: axe finds nothing, nothing overflows, in light and dark, on a phone and a screen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { open, overflow, startBrowser, violations, weigh } from "./browser.js";
import { startStack } from "./stack.js";
import { visit } from "./tour.js";

let stack;
let browser;
before(async () => {
  stack = await startStack();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

for (const scheme of ["light", "dark"]) {
  for (const width of [360, 1440]) {
    test(`every screen at ${width} px, ${scheme}`, async () => {
      await visit(stack, browser, { width, height: 900, scheme }, async (name, page, frame) => {
        assert.deepEqual(await violations(frame), [], name);
        assert.ok((await overflow(frame)) <= 0, `${name} is ${await overflow(frame)} px too wide`);
      });
    });
  }
}

test("every language, at the width of a phone", async () => {
  for (const [lang, title] of [["de", "Welches System nutzen Sie?"], ["es", "¿Qué sistema utiliza?"], ["fr", "Quel système utilisez-vous ?"]]) {
    const { url } = await stack.session();
    const page = await open(browser, { width: 360, locale: lang });
    await page.goto(url);
    await page.getByRole("heading", { name: title }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    assert.ok((await overflow(page)) <= 0, lang);
    await page.context().close();
  }
});

test("a page and all that it loads stay under 60 KB", async () => {
  const { url } = await stack.session();
  const page = await open(browser);
  const { files, sum } = await weigh(page, async () => {
    await page.goto(url);
    await page.getByRole("searchbox").waitFor();
  });
  console.log(`the connect page: ${(sum / 1024).toFixed(1)} KB compressed in ${files.length} files`);
  assert.ok(sum < 60 * 1024, JSON.stringify(files));
});

test("a colour that an application wishes stays readable", async () => {
  const { contrast, readable } = await import("../../functions/src/pages/connect/theme.js");
  for (const accent of ["#ffff00", "#000000", "#ffffff", "#e11d48", "#0a7d55", "#7dd3fc"]) {
    assert.ok(contrast(readable(accent, "#ffffff", "#000000"), "#ffffff") >= 4.5, `${accent} on white`);
    assert.ok(contrast(readable(accent, "#15181e", "#ffffff"), "#15181e") >= 4.5, `${accent} on dark`);
  }
});

test("initials are drawn as the server draws them", async () => {
  const { readFile } = await import("node:fs/promises");
  const { lettersOf, toneOf } = await import("../../functions/src/pages/scripts/initials.js");
  const expected = JSON.parse(await readFile(new URL("../../functions/src/pages/initials.json", import.meta.url), "utf8"));
  for (const [name, letters, tone] of expected) assert.deepEqual([lettersOf(name), toneOf(name)], [letters, tone], name);
});
