/*
 * Rows that are put into an order: by dragging the handle, or by the arrow keys on it. Each move is
 * sent at once (`data-url`, with `data-values`); a refused one puts the rows back.
 */
const page = JSON.parse(document.getElementById("fc-page").textContent);
let library = null;

function sortable() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = page.modules.sortable;
    script.onload = () => resolve(window.Sortable);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

export default function reorder(root) {
  const body = root.querySelector("tbody") ?? root;
  const items = () => [...body.querySelectorAll(":scope > [data-item]")];
  let kept = items();

  const send = () => {
    const before = kept;
    kept = items();
    const values = { ...JSON.parse(root.dataset.values ?? "{}"), field: kept.map((item) => item.dataset.item) };
    const answered = (event) => {
      if (event.detail.elt !== root) return;
      document.removeEventListener("htmx:afterRequest", answered);
      const { status } = event.detail.xhr;
      if (status >= 200 && status < 300) return;
      kept = before;
      body.append(...before);
    };
    document.addEventListener("htmx:afterRequest", answered);
    htmx.ajax("POST", root.dataset.url, { source: root, target: root, swap: "none", values });
  };

  const onKey = (event) => {
    const handle = event.target.closest("[data-handle]");
    if (!handle || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const item = handle.closest("[data-item]");
    const other = event.key === "ArrowUp" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (event.key === "ArrowUp") other.before(item);
    else other.after(item);
    handle.focus();
    send();
  };
  root.addEventListener("keydown", onKey);

  let made = null;
  sortable().then((Sortable) => {
    made = new Sortable(body, { handle: "[data-handle]", draggable: "[data-item]", animation: 120, onEnd: ({ oldIndex, newIndex }) => oldIndex !== newIndex && send() });
  });
  return () => {
    root.removeEventListener("keydown", onKey);
    made?.destroy();
  };
}
