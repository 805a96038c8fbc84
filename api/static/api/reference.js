/*
 * Sends what stands in a "Try it" form, as the person who is signed in, and shows the answer.
 */
function addressOf(form) {
  const data = new FormData(form);
  const path = form.dataset.path.replace(/\{(\w+)\}/g, (_whole, name) =>
    encodeURIComponent(data.get(`path:${name}`)),
  );
  const query = (data.get("query") ?? "").replace(/^\?/, "");
  return query ? `${path}?${query}` : path;
}

function headersOf(form) {
  const headers = {
    Accept: "application/json",
    "Accept-Language": document.documentElement.lang.startsWith("zh") ? "zh-hans" : "en",
  };
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith("header:") && value) headers[name.slice(7)] = value;
  }
  if (form.dataset.method !== "GET") {
    headers["Content-Type"] = "application/json";
    Object.assign(headers, JSON.parse(document.body.getAttribute("hx-headers")));
  }
  return headers;
}

function show(place, head, text) {
  const status = document.createElement("p");
  const body = document.createElement("pre");
  status.className = "fc-mono";
  status.textContent = head;
  body.className = "fc-mono";
  body.tabIndex = 0;
  body.textContent = text;
  place.replaceChildren(status, body);
}

async function send(form) {
  const answer = await fetch(addressOf(form), {
    method: form.dataset.method,
    headers: headersOf(form),
    body: form.dataset.method === "GET" ? undefined : form.elements.body?.value || "{}",
  });
  const text = await answer.text();
  const etag = answer.headers.get("ETag");
  const head = `${answer.status} ${answer.statusText}${etag ? ` · ETag ${etag}` : ""}`;
  try {
    show(form.querySelector("[data-answer]"), head, JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    show(form.querySelector("[data-answer]"), head, text);
  }
}

for (const form of document.querySelectorAll("form[data-try]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form).catch((error) => show(form.querySelector("[data-answer]"), "", String(error)));
  });
}

const opened = document.getElementById(location.hash.slice(1));
if (opened instanceof HTMLDetailsElement) opened.open = true;
