/* Puts the steps of a list into another order, by dragging or with each step's buttons; the server
   answers the list as it is then, and a refused step goes back. */
const page = JSON.parse(document.getElementById("fc-page").textContent);
let library = null;

function sortable() {
  library ??= new Promise((resolve, reject) => {
    if (window.Sortable) {
      resolve(window.Sortable);
      return;
    }
    const script = document.createElement("script");
    script.src = page.modules.sortable;
    script.onload = () => resolve(window.Sortable);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

export default function reorder(element) {
  const list = element.querySelector("[data-steps]");
  const move = (step, to, back) => {
    const answered = (event) => {
      if (event.detail.elt !== element) return;
      document.removeEventListener("htmx:afterRequest", answered);
      const { status } = event.detail.xhr;
      if (status < 200 || status >= 300) back?.();
    };
    document.addEventListener("htmx:afterRequest", answered);
    htmx.ajax("POST", element.dataset.moveUrl, { source: element, target: element, swap: "outerHTML", values: { step, to } });
  };

  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move-to]");
    if (button) move(button.closest("[data-step]").dataset.step, button.dataset.moveTo);
  });

  let made = null;
  sortable().then((Sortable) => {
    made = new Sortable(list, {
      handle: "[data-grip]",
      animation: 120,
      onEnd: ({ item, oldIndex, newIndex }) => {
        if (oldIndex === newIndex) return;
        move(item.dataset.step, newIndex, () => {
          const others = [...list.children].filter((child) => child !== item);
          list.insertBefore(item, others[oldIndex] ?? null);
        });
      },
    });
  });
  return () => made?.destroy();
}
