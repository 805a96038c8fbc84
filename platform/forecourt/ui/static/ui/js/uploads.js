/*
 * Files on their way straight to the store: announced to the product (`data-begin`), sent by the
 * requests that it answers, whole or in parts, and reported complete. A lost connection is waited
 * for and the rest is sent; what was refused says why beside its name. docs/files.md has the protocol.
 */
const FILES_AT_ONCE = 2;
const PARTS_AT_ONCE = 3;
const TRIES = 8;
const LONGEST_WAIT = 30000;
const POLL = 1500;

class Refused extends Error {}
class Lost extends Error {}
class Stale extends Error {}
class Cancelled extends Error {}

export default function uploads(root) {
  const { begin, item: itemAddress, event: finished, name: field, form: formOf } = root.dataset;
  const fixed = JSON.parse(root.dataset.values || "{}");
  const limit = Number(root.dataset.limit || 0);
  const input = root.querySelector("input[type=file]");
  const list = root.querySelector("[data-list]");
  const template = root.querySelector("template");
  const words = root.querySelector("[data-words]").dataset;
  const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] ?? "";
  const waiting = [];
  let running = 0;

  /* --- Talking to the product and to the store -------------------------------------------- */
  async function ask(method, url, body, headers = {}) {
    let answer;
    try {
      answer = await fetch(url, {
        method,
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token, ...headers },
        body: body && JSON.stringify(body),
      });
    } catch {
      throw new Lost();
    }
    if (answer.status === 401 || answer.redirected) throw new Refused(words.signIn);
    if (answer.status === 429 || answer.status >= 500) throw new Lost();
    const data = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (answer.ok) return data;
    const refused = new Refused(data?.errors?.[0]?.message ?? data?.detail ?? words.failed);
    refused.isFinal = answer.status === 422;
    throw refused;
  }

  function send(row, request, blob, progress) {
    return new Promise((resolve, reject) => {
      const put = new XMLHttpRequest();
      const done = (how, value) => { row.requests.delete(put); how(value); };
      put.open(request.method, request.url);
      for (const [name, value] of Object.entries(request.headers)) put.setRequestHeader(name, value);
      put.upload.onprogress = (event) => progress(event.loaded);
      put.onload = () => {
        if (put.status >= 200 && put.status < 300) done(resolve);
        else if (put.status >= 500 || put.status === 429) done(reject, new Lost());
        // Late, or there already: the product knows which.
        else done(reject, new Stale());
      };
      put.onerror = () => done(reject, new Lost());
      put.ontimeout = put.onerror;
      put.onabort = () => done(reject, new Cancelled());
      row.requests.add(put);
      put.send(blob);
    });
  }

  const online = (row) => new Promise((resolve) => {
    row.wake = resolve;
    addEventListener("online", resolve, { once: true });
  });
  const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

  /* Again until it works: a lost connection is waited for, as long as it takes. */
  async function stubborn(row, work) {
    for (let attempt = 1; ; attempt += 1) {
      if (row.cancelled) throw new Cancelled();
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Lost) || attempt >= TRIES) throw error;
        row.say(words.lost);
        if (navigator.onLine) await pause(Math.min(LONGEST_WAIT, 500 * 2 ** attempt));
        else await online(row);
        row.say(words.sending);
      }
    }
  }

  /* --- One file ---------------------------------------------------------------------------- */
  const fill = (text, data) => text.replace(/\{([\w.]+)\}/g, (_all, path) => path.split(".").reduce((value, key) => value?.[key], data));
  const bytes = (size) => (size < 1048576 ? `${Math.ceil(size / 1024)} KB` : `${(size / 1048576).toFixed(1)} MB`);

  function values() {
    const form = formOf && document.querySelector(formOf);
    const typed = form ? Object.fromEntries([...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken")) : {};
    form?.querySelectorAll("[data-list]").forEach((several) => {
      typed[several.name] = several.value.split(/[,，、;；]/).map((one) => one.trim()).filter(Boolean);
    });
    return { ...typed, ...fixed };
  }

  const remembered = (row) => `fc:upload:${begin}:${JSON.stringify(fixed)}:${row.file.name}:${row.file.size}:${row.file.lastModified}`;

  async function announce(row) {
    const { file } = row;
    const before = localStorage.getItem(remembered(row));
    if (before) {
      try {
        const upload = await ask("POST", `${before}/resume`, {});
        row.item = before;
        return upload;
      } catch (error) {
        if (error instanceof Lost) throw error;
        localStorage.removeItem(remembered(row));
      }
    }
    row.key ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const body = { ...values(), name: file.name, size: file.size, content_type: file.type };
    const upload = await ask("POST", begin, body, { "Idempotency-Key": row.key });
    row.item = fill(itemAddress, upload);
    localStorage.setItem(remembered(row), row.item);
    // Said a second time, the answer leaves the request out.
    return upload.request || upload.part_count ? upload : ask("POST", `${row.item}/resume`, {});
  }

  async function sendWhole(row, upload) {
    let { request } = upload;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await stubborn(row, () => send(row, request, row.file, (sent) => row.progress(sent)));
      } catch (error) {
        if (!(error instanceof Stale) || attempt > 2) throw error;
        ({ request } = await stubborn(row, () => ask("POST", `${row.item}/resume`, {})));
      }
    }
  }

  async function sendParts(row, upload) {
    const { part_size: size, part_count: count } = upload;
    const part = (number) => row.file.slice((number - 1) * size, number * size);
    const arrived = await stubborn(row, () => ask("GET", `${row.item}/parts`));
    const there = new Set(arrived.data.map((one) => one.number));
    const sent = new Map([...there].map((number) => [number, part(number).size]));
    const left = Array.from({ length: count }, (_none, index) => index + 1).filter((number) => !there.has(number));
    const show = (number) => (loaded) => {
      sent.set(number, loaded);
      row.progress([...sent.values()].reduce((sum, one) => sum + one, 0));
    };
    async function sendNext() {
      for (let number = left.shift(); number; number = left.shift()) {
        for (let attempt = 1; ; attempt += 1) {
          try {
            await stubborn(row, async () => {
              const { parts } = await ask("POST", `${row.item}/parts`, { numbers: [number] });
              await send(row, parts[0].request, part(number), show(number));
            });
            break;
          } catch (error) {
            if (!(error instanceof Stale) || attempt > 2) throw error;
          }
        }
      }
    }
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendNext));
  }

  async function awaitCheck(row, state) {
    let found = state;
    while (found?.state === "CHECKING") {
      await pause(POLL);
      found = await stubborn(row, () => ask("GET", row.item));
    }
    if (found?.state === "REFUSED") throw new Refused(found.refusal);
  }

  async function bring(row) {
    row.say(words.sending);
    const upload = await stubborn(row, () => announce(row));
    if (upload.part_count) await sendParts(row, upload);
    else await sendWhole(row, upload);
    row.progress(row.file.size);
    row.say(words.checking);
    const state = await stubborn(row, () => ask("POST", `${row.item}/complete`, {}));
    localStorage.removeItem(remembered(row));
    row.isThere = true;
    if ("poll" in root.dataset) await awaitCheck(row, state);
    row.say(words.done);
    row.end("is-done");
    if (field) {
      const hidden = document.createElement("input");
      Object.assign(hidden, { type: "hidden", name: field, value: row.item.split("/").pop() });
      row.element.append(hidden);
      // One file alone takes the place of the one before.
      if (!input.multiple) list.querySelectorAll(":scope > .is-done, :scope > .is-refused").forEach((other) => { if (other !== row.element) other.remove(); });
    }
    if (finished) root.dispatchEvent(new CustomEvent(finished, { bubbles: true }));
  }

  /* --- The list ------------------------------------------------------------------------------ */
  function add(file) {
    const element = template.content.firstElementChild.cloneNode(true);
    const part = (name) => element.querySelector(`[data-${name}]`);
    const bar = part("progress");
    const row = {
      file,
      element,
      requests: new Set(),
      progress(sent) { bar.value = sent / Math.max(file.size, 1); },
      say(text) { part("state").textContent = text; },
      end(look) {
        element.classList.add(look);
        bar.hidden = true;
      },
      refuse(text) {
        row.say("");
        row.end("is-refused");
        part("error").textContent = text;
        part("again").hidden = row.isHopeless === true;
      },
    };
    part("name").textContent = file.name;
    part("size").textContent = bytes(file.size);
    bar.setAttribute("aria-label", file.name);
    part("cancel").setAttribute("aria-label", `${words.cancel}: ${file.name}`);
    part("cancel").addEventListener("click", () => cancel(row));
    part("again").addEventListener("click", () => again(row));
    list.append(element);
    if (!file.size || (limit && file.size > limit)) {
      row.isHopeless = true;
      row.refuse(file.size ? words.tooLarge : words.empty);
      return;
    }
    row.say(words.waiting);
    waiting.push(row);
    next();
  }

  function again(row) {
    row.element.classList.remove("is-refused");
    row.element.querySelector("[data-error]").textContent = "";
    row.element.querySelector("[data-again]").hidden = true;
    row.element.querySelector("[data-progress]").hidden = false;
    row.element.querySelector("[data-cancel]").focus();
    delete row.key;
    waiting.push(row);
    next();
  }

  function cancel(row) {
    row.cancelled = true;
    row.wake?.();
    row.requests.forEach((put) => put.abort());
    const at = waiting.indexOf(row);
    if (at >= 0) waiting.splice(at, 1);
    localStorage.removeItem(remembered(row));
    // What the page's own form has not taken yet is nobody's, and goes.
    if (row.item && (!row.isThere || field)) ask("DELETE", row.item).catch(() => {});
    const following = row.element.nextElementSibling ?? row.element.previousElementSibling;
    row.element.remove();
    (following?.querySelector("[data-cancel]") ?? input).focus();
    busy();
  }

  function busy() {
    const isBusy = running > 0 || waiting.length > 0;
    input.setCustomValidity(isBusy && field ? words.busy : "");
  }

  async function next() {
    busy();
    if (running >= FILES_AT_ONCE || !waiting.length) return;
    const row = waiting.shift();
    running += 1;
    try {
      await bring(row);
    } catch (error) {
      row.requests.forEach((put) => put.abort());
      if (error instanceof Refused) {
        // The same file would be refused again.
        row.isHopeless = row.isThere === true || error.isFinal === true;
        row.refuse(error.message);
      } else if (!(error instanceof Cancelled) && !row.cancelled) row.refuse(error instanceof Lost ? words.givenUp : words.failed);
    }
    running -= 1;
    next();
  }

  /* What the form has already; a removed upload is nobody's, and goes by itself. */
  list.querySelectorAll(":scope > .is-done").forEach((kept) => kept.querySelector("[data-cancel]").addEventListener("click", () => {
    kept.remove();
    input.focus();
  }));

  const take = (files) => [...files].forEach(add);
  root.querySelectorAll("input[type=file]").forEach((chooser) => chooser.addEventListener("change", () => {
    take(chooser.files);
    chooser.value = "";
  }));
  const zone = root.querySelector("[data-zone]");
  const over = (shown) => () => zone.classList.toggle("is-over", shown);
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", over(false));
  const onPaste = (event) => {
    if (!event.clipboardData?.files.length || event.target.closest?.("input, textarea, [contenteditable]")) return;
    event.preventDefault();
    take(event.clipboardData.files);
  };
  document.addEventListener("paste", onPaste);
  const onLeave = (event) => { if (running) event.preventDefault(); };
  addEventListener("beforeunload", onLeave);
  return () => {
    document.removeEventListener("paste", onPaste);
    removeEventListener("beforeunload", onLeave);
  };
}
