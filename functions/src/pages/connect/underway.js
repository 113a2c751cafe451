// Which attempt is under way, for a page that is loaded again: nothing of what was typed.

import { find } from "./dom.js";

const place = `manifold:${find("#flow").dataset.session}`;

/** Keeps it for this tab. */
export function remember(attempt) {
  try {
    sessionStorage.setItem(place, JSON.stringify(attempt));
  } catch {
    // A frame may be refused a store; then loading the page again begins anew.
  }
}

/** What was kept; null when nothing was. */
export function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(place));
  } catch {
    return null;
  }
}

/** It is over. */
export function forget() {
  try {
    sessionStorage.removeItem(place);
  } catch {
    // Nothing was kept.
  }
}
