/*
 * The page's behaviours. An element names its controller with data-controller; a controller is a
 * function that gets the element and may return what undoes it. Those that every page needs stand
 * here; the others are modules of their own, named with their hashed addresses in #fc-page, and
 * loaded when an element first asks for them. Nothing here holds a business value.
 */
const page = JSON.parse(document.getElementById("fc-page").textContent);
const controllers = {};
const undo = new Map();

function text(key) {
  return page.texts[key] ?? key;
}

/* --- Binding ------------------------------------------------------------------------------ */
async function controllerOf(name) {
  if (!controllers[name] && page.modules[name]) {
    controllers[name] = (await import(page.modules[name])).default;
  }
  return controllers[name];
}

async function connect(element) {
  for (const name of element.dataset.controller.split(/\s+/)) {
    const key = `fc:${name}`;
    if (element[key]) continue;
    element[key] = true;
    const controller = await controllerOf(name);
    if (!controller || !element.isConnected) continue;
    const stop = controller(element, { text, toast, openDialog });
    if (stop) undo.set(element, [...(undo.get(element) ?? []), stop]);
  }
}

function connectAll(root) {
  if (root.matches?.("[data-controller]")) connect(root);
  root.querySelectorAll?.("[data-controller]").forEach(connect);
}

function disconnect(root) {
  for (const element of undo.keys()) {
    if (root.contains(element)) {
      undo.get(element).forEach((stop) => stop());
      undo.delete(element);
    }
  }
}

new MutationObserver((records) => {
  for (const record of records) {
    record.addedNodes.forEach((node) => node.nodeType === 1 && connectAll(node));
    record.removedNodes.forEach((node) => node.nodeType === 1 && !node.isConnected && disconnect(node));
  }
}).observe(document.body, { childList: true, subtree: true });

/* --- Popovers ----------------------------------------------------------------------------- */
controllers.popover = (panel) => {
  const place = () => {
    const opener = document.querySelector(`[popovertarget="${panel.id}"]`);
    if (!opener) return;
    const at = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = panel;
    const below = at.bottom + 6 + height <= innerHeight || at.top < height;
    const left = at.left + width + 8 <= innerWidth ? at.left : at.right - width;
    panel.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    panel.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - height - 6)}px`;
  };
  panel.addEventListener("toggle", (event) => {
    const opener = document.querySelector(`[popovertarget="${panel.id}"]`);
    const open = event.newState === "open";
    opener?.setAttribute("aria-expanded", open);
    if (!open) return;
    place();
    if (!panel.contains(document.activeElement)) {
      panel.querySelector("[autofocus], [data-first], input:not([type=hidden]), a[href], button")?.focus({ preventScroll: true });
    }
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (event.target.matches("input:not([type=checkbox], [type=radio]), select, textarea")) return;
    const items = [...panel.querySelectorAll("a[href], button, input, select")].filter((item) => item.offsetParent);
    const next = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    items[(next + items.length) % items.length]?.focus();
    event.preventDefault();
  });
  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-popover], a[href]")) panel.hidePopover();
  });
};

/* --- Navigation as a drawer --------------------------------------------------------------- */
controllers.nav = (nav) => {
  const shade = document.querySelector(".fc-nav-shade");
  let opener = null;
  const show = (open) => {
    nav.classList.toggle("is-open", open);
    shade.classList.toggle("is-open", open);
    document.querySelectorAll("[data-nav-open]").forEach((button) => button.setAttribute("aria-expanded", open));
    document.querySelectorAll(".fc-main, .fc-bar").forEach((part) => { part.inert = open; });
    if (open) (nav.querySelector("[aria-current]") ?? nav.querySelector("a"))?.focus();
    else opener?.focus();
  };
  const onClick = (event) => {
    const button = event.target.closest("[data-nav-open]");
    if (button) { opener = button; show(true); } else if (event.target.closest("[data-nav-close]")) show(false);
  };
  const onKey = (event) => event.key === "Escape" && nav.classList.contains("is-open") && show(false);
  const onResize = () => innerWidth >= 992 && nav.classList.contains("is-open") && show(false);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  addEventListener("resize", onResize);
};

/* --- Theme -------------------------------------------------------------------------------- */
controllers.theme = (form) => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const theme = event.submitter.value;
    const data = new FormData(form);
    data.set("theme", theme);
    fetch(form.action, { method: "POST", body: data, redirect: "manual" });
    if (theme === "auto") delete document.documentElement.dataset.bsTheme;
    else document.documentElement.dataset.bsTheme = theme;
    form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", button.value === theme));
    document.dispatchEvent(new CustomEvent("fc:theme"));
  });
};

/* --- Toasts, notices ---------------------------------------------------------------------- */
const toasts = document.getElementById("toasts");

function raiseToasts() {
  // Shown again, it lies above a dialog that was opened since.
  if (toasts.matches(":popover-open")) toasts.hidePopover();
  if (toasts.childElementCount) toasts.showPopover();
}

controllers.toast = (element) => {
  raiseToasts();
  if ("stays" in element.dataset) return undefined;
  let timer = 0;
  const start = () => { timer = setTimeout(() => element.remove(), 6000); };
  const stop = () => clearTimeout(timer);
  element.addEventListener("mouseenter", stop);
  element.addEventListener("focusin", stop);
  element.addEventListener("mouseleave", start);
  element.addEventListener("focusout", start);
  start();
  return stop;
};

function toast(message, level = "error") {
  const element = document.createElement("div");
  element.className = `fc-toast is-${level}`;
  element.dataset.controller = "toast";
  const line = document.createElement("p");
  line.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-quiet btn-icon btn-sm";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", text("close"));
  close.textContent = "×";
  element.append(line, close);
  toasts.append(element);
}

controllers.focus = (element) => element.focus();

/* --- Dialogs, drawers, confirmation ------------------------------------------------------- */
function openDialog(dialog) {
  if (!dialog.open) dialog.showModal();
  raiseToasts();
}

function closeDialog(dialog) {
  if (!dialog?.open) return;
  const form = dialog.querySelector("form[data-dirty]");
  if (form && !confirm(text("leave"))) return;
  form?.removeAttribute("data-dirty");
  dialog.close();
}

for (const name of ["dialog", "drawer"]) {
  const dialog = document.getElementById(name);
  dialog.addEventListener("close", () => document.getElementById(`${name}-body`).replaceChildren());
  dialog.addEventListener("cancel", (event) => {
    if (event.target !== dialog) return;
    event.preventDefault();
    closeDialog(dialog);
  });
}

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-close]")) closeDialog(target.closest("dialog"));
  if (target.closest("[data-dismiss]")) target.closest(".fc-toast, .fc-notice")?.remove();
  if (target.matches("dialog")) {
    const box = target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && target.id !== "sign-in-again") closeDialog(target);
  }
  if (target.closest("[data-print]")) print();
});

document.addEventListener("fc:close-dialog", () => {
  document.querySelectorAll("dialog[open]").forEach((dialog) => {
    dialog.querySelectorAll("form[data-dirty]").forEach((form) => form.removeAttribute("data-dirty"));
    dialog.close();
  });
});

const question = document.getElementById("confirm");
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const yes = document.getElementById("confirm-yes");
  const source = event.detail.elt;
  document.getElementById("confirm-text").textContent = event.detail.question;
  yes.classList.toggle("btn-danger", source.hasAttribute("data-danger"));
  yes.classList.toggle("btn-primary", !source.hasAttribute("data-danger"));
  yes.textContent = source.dataset.confirmYes ?? text("continue");
  question.returnValue = "no";
  question.onclose = () => {
    if (question.returnValue === "yes") event.detail.issueRequest(true);
    else source.focus?.();
  };
  openDialog(question);
});

/* --- htmx: loading, failures, an ended session -------------------------------------------- */
let waiting = 0;
const loading = document.getElementById("loading");
const busy = (change) => {
  waiting = Math.max(0, waiting + change);
  loading.classList.toggle("is-on", waiting > 0);
};
document.addEventListener("htmx:beforeRequest", (event) => !event.detail.elt.closest("[data-quiet]") && busy(1));
document.addEventListener("htmx:afterRequest", (event) => !event.detail.elt.closest("[data-quiet]") && busy(-1));

document.addEventListener("htmx:sendError", () => toast(text("offline")));
document.addEventListener("htmx:timeout", () => toast(text("offline")));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) askToSignIn();
  else if (status === 413) toast(text("too_large"));
  else if (status === 429) toast(text("too_often"));
  else toast(text("failed"));
});

function askToSignIn() {
  document.dispatchEvent(new CustomEvent("fc:keep-forms"));
  const dialog = document.getElementById("sign-in-again");
  if (!dialog) return;
  const link = document.getElementById("sign-in-again-link");
  const address = new URL(link.href);
  address.searchParams.set("next", location.pathname + location.search);
  link.href = address;
  openDialog(dialog);
}

document.addEventListener("htmx:afterSwap", (event) => {
  const id = event.detail.target.id;
  const isKept = event.detail.xhr?.getResponseHeader("HX-Reswap") === "none";
  if (!isKept && (id === "dialog-body" || id === "drawer-body")) {
    const dialog = event.detail.target.closest("dialog");
    const size = event.detail.target.querySelector("[data-dialog-size]")?.dataset.dialogSize ?? "";
    dialog.classList.toggle("is-wide", size === "wide");
    dialog.classList.toggle("is-small", size === "small");
    openDialog(dialog);
  }
});

/* A form in a dialog that is answered with a dialog: it takes the place of the whole, not of the form. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  const body = target.closest?.("#dialog-body, #drawer-body");
  if (body && body !== target && /^\s*<div data-dialog-size=/.test(xhr.responseText)) {
    event.detail.target = body;
    event.detail.swapOverride = "innerHTML";
  }
});

/* A banner above the content must be seen, also from within a dialog. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (target.id === "messages" && xhr.status >= 400) {
    const slot = document.querySelector("dialog[open] .fc-messages");
    if (slot) event.detail.target = slot;
  }
});

/* --- Palette ------------------------------------------------------------------------------ */
async function openPalette() {
  const palette = document.getElementById("palette");
  if (!palette) return;
  openDialog(palette);
  const input = palette.querySelector("input");
  input.select();
  htmx.trigger(input, "palette:open");
}
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  }
});
document.addEventListener("click", (event) => event.target.closest("[data-open-palette]") && openPalette());

/* --- Copying a value ---------------------------------------------------------------------- */
controllers.copy = (button) => {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(text("copied"), "success");
  });
};

/* --- Tabs whose panels are all on the page ------------------------------------------------ */
controllers.tabs = (list) => {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const choose = (tab, focus) => {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", chosen);
      other.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(other.getAttribute("aria-controls"));
      if (panel) panel.hidden = !chosen;
    }
    if (focus) tab.focus();
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(tabs[(to + tabs.length) % tabs.length], true);
  });
  choose(tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0]);
};

/* --- Start -------------------------------------------------------------------------------- */
if (document.querySelector("[data-signed-out]")) {
  // Whoever signs in next finds her kept forms, but for those of this very page; see form.js.
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("fc:form:") && !key.startsWith(`fc:form:${location.pathname}${location.search}#`)) {
      const kept = JSON.parse(sessionStorage.getItem(key));
      sessionStorage.setItem(key, JSON.stringify({ ...kept, restore: true }));
    }
  }
}
connectAll(document.body);
raiseToasts();
if (page.worker && "serviceWorker" in navigator) navigator.serviceWorker.register(page.worker);
