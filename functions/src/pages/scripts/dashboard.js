// What the dashboard's pages do beyond plain HTML; without this module every page works all the same.
//
//   <div id="x" data-live data-every="15"> is refreshed from the page's own address, while the page is seen
//   <a href="…" data-dialog>             shows the form marked data-asks of that page in place
//   <select data-submits>                sends its form when something is chosen
//   <div data-passing>                   goes away after a while

// Parts that cost more to look at say how many seconds they wait.
const EVERY = 1000 * Math.max(5, ...[...document.querySelectorAll("[data-every]")].map((part) => Number(part.dataset.every)));

/** Whether somebody is at work in a part: then it is left as it is until they are done. */
function busy(part) {
  const selection = document.getSelection();
  return (
    part.contains(document.activeElement) ||
    part.querySelector("details[open], dialog[open]") !== null ||
    (selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode))
  );
}

function take(fresh) {
  for (const part of document.querySelectorAll("[data-live][id]")) {
    const now = fresh.getElementById(part.id);
    if (now && !busy(part) && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
  }
}

let failures = 0;

async function refresh() {
  const here = new URL(location.href);
  here.searchParams.delete("did");
  here.hash = "";
  const answer = await fetch(here, { headers: { accept: "text/html" }, cache: "no-store" });
  // The session is over: the page itself leads to the sign-in.
  if (answer.redirected) return location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  take(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

function wait() {
  // Slower and slower while nothing answers, and not at all while nobody looks.
  setTimeout(tick, EVERY * 2 ** Math.min(failures, 4));
}

async function tick() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", tick, { once: true });
    return;
  }
  try {
    await refresh();
    failures = 0;
  } catch {
    failures += 1;
  }
  wait();
}

if (document.querySelector("[data-live]")) wait();

/** Shows the question of another page in a dialog of this one. */
async function ask(link) {
  const answer = await fetch(link.href, { headers: { accept: "text/html" }, cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = page.querySelector("[data-asks]");
  if (!answer.ok || !form) return location.assign(link.href);
  const dialog = document.createElement("dialog");
  dialog.className = "dialog asked";
  const title = form.querySelector("h1, h2");
  if (title) {
    title.id = "asked-title";
    dialog.setAttribute("aria-labelledby", title.id);
  }
  dialog.append(document.adoptNode(form));
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("a[data-dialog]");
  if (link) {
    event.preventDefault();
    ask(link).catch(() => location.assign(link.href));
    return;
  }
  // A way out that is a link elsewhere is a button in a dialog.
  const out = event.target.closest("dialog a[data-closes]");
  if (out) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target instanceof Element && event.target.matches("[data-submits]")) event.target.form?.requestSubmit();
});

// A form is sent once, however often its button is pressed. A search comes back to a page that is kept.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  for (const button of event.target.querySelectorAll("button[type=submit]")) {
    setTimeout(() => {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    });
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// What was just done is said once: not again when the page is loaded again.
const said = new URL(location.href);
if (said.searchParams.has("did")) {
  said.searchParams.delete("did");
  history.replaceState(null, "", said);
}
for (const passing of document.querySelectorAll("[data-passing]")) setTimeout(() => passing.remove(), 5000);
