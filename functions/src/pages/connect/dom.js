// Finding, cloning and filling elements. Texts are always set as text, never as markup.

/** The first element that matches, or null. */
export const find = (selector, within = document) => within.querySelector(selector);

/** The element for a slot. */
export const slot = (within, name) => within.querySelector(`[data-slot="${name}"]`);

/** Fills slots with texts; null or undefined hides the slot. */
export function fill(within, texts) {
  for (const [name, text] of Object.entries(texts)) {
    const element = slot(within, name);
    element.textContent = text ?? "";
    element.hidden = text === null || text === undefined || text === "";
  }
  return within;
}

/** A copy of a template's content. */
export function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** An icon of the page's sprite. */
export function icon(id) {
  const namespace = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(namespace, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#icon-${id}`);
  picture.append(use);
  return picture;
}
