// The screen on which a system is chosen.

import { initials } from "../initials.js";
import { clone, fill, find, slot } from "./dom.js";
import { finder } from "./search.js";
import { number, say } from "./texts.js";

/** So many are shown at once; the rest is a few letters away. */
const SHOWN = 60;

/** Makes the screen work; `chosen` hears of the system. */
export function systemsScreen(systems, chosen) {
  const screen = find('[data-screen="systems"]');
  const input = find("#search", screen);
  const list = slot(screen, "list");
  const search = finder(systems);
  let category = null;

  function show() {
    const found = search(input.value, category);
    const items = found.slice(0, SHOWN).map((system) => {
      const item = clone("system");
      slot(item, "logo").replaceWith(initials(system.name));
      fill(item, { name: system.name, vendor: system.vendor });
      find("button", item).dataset.system = system.system;
      return item;
    });
    if (found.length > SHOWN) {
      const more = document.createElement("li");
      more.className = "more faint small";
      more.textContent = say("systems.more", { count: number(found.length - SHOWN) });
      items.push(more);
    }
    list.replaceChildren(...items);
    slot(screen, "none").hidden = found.length > 0;
    const count = found.length === 1 ? say("systems.count_one") : say("systems.count", { count: number(found.length) });
    slot(screen, "count").textContent = count;
  }

  function chips() {
    const present = [...new Set(systems.map((system) => system.category))].sort();
    const row = slot(screen, "categories");
    row.hidden = present.length < 2;
    const chip = (value, text) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chip";
      button.textContent = text;
      button.setAttribute("aria-pressed", String(value === category));
      button.addEventListener("click", () => {
        category = value;
        for (const other of row.children) other.setAttribute("aria-pressed", String(other === button));
        show();
      });
      return button;
    };
    row.replaceChildren(chip(null, say("systems.all")), ...present.map((value) => chip(value, say(`systems.${value}`))));
  }

  input.addEventListener("input", show);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-system]");
    if (button) chosen(systems.find(({ system }) => system === button.dataset.system));
  });
  // From the field down into the list and through it; a letter typed there goes on in the field.
  screen.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("[data-system]")];
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && (at >= 0 || event.target === input)) {
      buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      (buttons[at - 1] ?? input).focus();
    } else if (event.key === "Enter" && event.target === input && input.value.trim() && buttons.length > 0) {
      buttons[0].click();
    } else if (at >= 0 && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      input.focus();
      return;
    } else {
      return;
    }
    event.preventDefault();
  });
  chips();
  show();
}
