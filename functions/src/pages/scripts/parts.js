// Behaviour of small parts, by attributes: nothing here knows what a page is about.
//
//   <button data-copy="text">            copies the text, or that of the element with the id in data-copy-from
//   <button data-opens="id">             opens <dialog id="id">; <button data-closes> inside closes it
//   <div role="tablist"> of <button role="tab" aria-controls="id">

/** Shows a short sentence at the foot of the page, and tells screen readers. */
export function toast(sentence) {
  let list = document.querySelector(".toasts");
  if (!list) {
    list = document.createElement("div");
    list.className = "toasts";
    list.setAttribute("role", "status");
    document.body.append(list);
  }
  const shown = document.createElement("div");
  shown.className = "toast";
  shown.textContent = sentence;
  list.append(shown);
  setTimeout(() => shown.remove(), 5000);
}

async function copy(button) {
  const from = button.dataset.copyFrom;
  const text = from ? document.getElementById(from)?.textContent : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text ?? "");
    toast(button.dataset.copied ?? "Copied");
  } catch {
    toast(button.dataset.refused ?? "Select the text and copy it by hand.");
  }
}

function choose(tab) {
  const list = tab.closest('[role="tablist"]');
  for (const other of list.querySelectorAll('[role="tab"]')) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !chosen;
  }
  tab.focus();
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const button = event.target.closest("[data-copy], [data-copy-from], [data-opens], [data-closes], [role=tab]");
  if (!button) return;
  if (button.matches("[data-copy], [data-copy-from]")) copy(button);
  else if (button.matches("[data-opens]")) document.getElementById(button.dataset.opens)?.showModal();
  else if (button.matches("[data-closes]")) button.closest("dialog")?.close();
  else choose(button);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target instanceof Element && event.target.closest('[role="tab"]');
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const all = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
  choose(all[(all.indexOf(tab) + step + all.length) % all.length]);
  event.preventDefault();
});
