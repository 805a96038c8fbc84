/*
 * A form that loses nothing: it warns before unsaved input is left, sends once, checks a field when
 * it is left, and keeps what was typed in this tab when the session has ended.
 */
const KEY = "fc:form:";
const person = () => document.body.dataset.person ?? "";

function isKept(field) {
  return field.name && field.name !== "csrfmiddlewaretoken" && !["password", "file", "submit", "button"].includes(field.type)
    && (field.type !== "hidden" || field.hasAttribute("data-kept"));
}

function stateOf(form) {
  return [...form.elements].filter(isKept).map((field) => [
    field.name,
    ["checkbox", "radio"].includes(field.type) ? field.checked : field.multiple ? [...field.selectedOptions].map((o) => o.value) : field.value,
    ["checkbox", "radio"].includes(field.type) ? field.value : null,
    field.dataset.label,
  ]);
}

function restore(form, state) {
  for (const [name, value, mark, label] of state) {
    const fields = [...form.elements].filter((field) => field.name === name && isKept(field));
    const field = mark === null ? fields[0] : fields.find((candidate) => candidate.value === mark);
    if (!field) continue;
    if (mark !== null) field.checked = value;
    else if (Array.isArray(value)) [...field.options].forEach((option) => { option.selected = value.includes(option.value); });
    else field.value = value;
    if (label !== undefined) field.dataset.label = label;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

export default function form(element, { text, toast }) {
  const key = KEY + location.pathname + location.search + "#" + (element.id || element.getAttribute("action") || "");
  const guarded = element.hasAttribute("data-guard");
  const validates = element.dataset.validate;
  const asked = new Set();
  let original = JSON.stringify(stateOf(element));
  let sending = false;

  const isDirty = () => guarded && JSON.stringify(stateOf(element)) !== original;
  const mark = () => element.toggleAttribute("data-dirty", isDirty());
  const keep = () => {
    const state = stateOf(element);
    if (state.length && element.method === "post") {
      sessionStorage.setItem(key, JSON.stringify({ person: person(), state, restore: false }));
    }
  };
  const forget = () => sessionStorage.removeItem(key);

  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  if (kept?.restore && kept.person === person()) {
    restore(element, kept.state);
    toast(text("restored"), "info");
  }
  if (kept) forget();
  if (element.querySelector("[aria-invalid=true]")) original = "";
  mark();

  element.addEventListener("input", mark);
  element.addEventListener("change", mark);

  element.addEventListener("focusout", (event) => {
    const field = event.target;
    if (!validates || !field.name || field.type === "file" || field.type === "password") return;
    if (!field.value && !asked.has(field.name)) return;
    if (event.relatedTarget?.matches("[data-close], [type=submit], a")) return;
    asked.add(field.name);
    const slot = element.querySelector(`[data-messages-of="${CSS.escape(field.name)}"]`);
    if (!slot) return;
    htmx.ajax("POST", validates, { source: slot, target: slot, swap: "innerHTML", values: { ...valuesOf(element), _validate: field.name } });
  });
  element.addEventListener("htmx:afterSwap", (event) => {
    const name = event.target.dataset?.messagesOf;
    if (!name) return;
    const field = element.elements.namedItem(name);
    const invalid = Boolean(event.target.querySelector(".fc-errors:not(.fc-warnings)"));
    for (const input of field instanceof RadioNodeList ? field : [field]) {
      if (!input?.id) continue;
      input.setAttribute("aria-invalid", invalid);
      const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== `${input.id}_error`);
      input.setAttribute("aria-describedby", [...described, `${input.id}_error`].join(" "));
    }
  });

  element.addEventListener("submit", (event) => {
    if (sending) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    keep();
    if (element.hasAttribute("hx-post")) return;
    sending = true;
    element.removeAttribute("data-dirty");
    event.submitter?.classList.add("is-busy");
  }, true);
  element.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target !== element) return;
    sending = true;
    element.querySelectorAll("[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  element.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== element) return;
    sending = false;
    element.querySelectorAll("[type=submit]").forEach((button) => button.removeAttribute("aria-disabled"));
    // Refusals are swapped in, so htmx calls them successful too: the status tells.
    const status = event.detail.xhr?.status ?? 0;
    if (status >= 200 && status < 300) { forget(); element.removeAttribute("data-dirty"); original = JSON.stringify(stateOf(element)); }
    else if (status !== 401) forget();
  });

  const onLeave = (event) => {
    if (element.hasAttribute("data-dirty") && element.isConnected) event.preventDefault();
  };
  const onShow = (event) => { if (event.persisted) sending = false; };
  const onKeep = () => { keep(); element.removeAttribute("data-dirty"); };
  addEventListener("beforeunload", onLeave);
  addEventListener("pageshow", onShow);
  document.addEventListener("fc:keep-forms", onKeep);

  element.querySelector(".fc-error-summary")?.focus();
  return () => {
    removeEventListener("beforeunload", onLeave);
    removeEventListener("pageshow", onShow);
    document.removeEventListener("fc:keep-forms", onKeep);
  };
}

function valuesOf(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string") continue;
    values[name] = name in values ? [].concat(values[name], value) : value;
  }
  return values;
}
