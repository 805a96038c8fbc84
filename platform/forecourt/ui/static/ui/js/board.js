/* Moves cards between lanes; the server decides, and a refused card goes back where it was. */
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

export default function board(element) {
  const move = (card, lane, back) => {
    const refused = (event) => {
      if (event.detail.elt !== element) return;
      document.removeEventListener("htmx:afterRequest", refused);
      const { status } = event.detail.xhr;
      if (status < 200 || status >= 300) back?.();
    };
    document.addEventListener("htmx:afterRequest", refused);
    htmx.ajax("POST", element.dataset.moveUrl, { source: element, target: element, swap: "outerHTML", values: { card, lane } });
  };

  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (button) move(button.closest("[data-card]").dataset.card, button.dataset.move);
  });

  const lanes = [...element.querySelectorAll("[data-lane]")];
  const made = [];
  sortable().then((Sortable) => {
    for (const lane of lanes) {
      made.push(new Sortable(lane, {
        group: {
          name: element.id,
          put: (to, _from, card) => card.dataset.moves.split(" ").includes(to.el.dataset.lane),
        },
        sort: false,
        animation: 120,
        delay: 180,
        delayOnTouchOnly: true,
        filter: "button, a",
        preventOnFilter: false,
        onEnd: ({ item, from, to, oldIndex }) => {
          if (from === to) return;
          move(item.dataset.card, to.dataset.lane, () => from.insertBefore(item, from.children[oldIndex] ?? null));
        },
      }));
    }
  });
  return () => made.forEach((instance) => instance.destroy());
}
