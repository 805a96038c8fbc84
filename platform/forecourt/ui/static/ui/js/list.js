/* A list: choosing rows, opening a row by clicking anywhere on it, keeping the choice over a swap. */
export default function list(root, { text }) {
  const boxes = () => [...root.querySelectorAll("tbody input[data-row]")];
  const bar = () => root.querySelector(".fc-bulk");

  const show = () => {
    const all = boxes();
    const chosen = all.filter((box) => box.checked);
    all.forEach((box) => box.closest("tr").classList.toggle("is-selected", box.checked));
    const head = root.querySelector("input[data-all-rows]");
    if (head) {
      head.checked = all.length > 0 && chosen.length === all.length;
      head.indeterminate = chosen.length > 0 && chosen.length < all.length;
    }
    const strip = bar();
    if (!strip) return;
    strip.hidden = chosen.length === 0;
    const everything = strip.querySelector("[name=everything]");
    if (chosen.length < all.length) everything.value = "";
    const count = everything.value ? strip.dataset.total : chosen.length;
    strip.querySelector("[data-chosen]").textContent = text("chosen").replace("%s", count);
    const offer = strip.querySelector("[data-choose-everything]");
    if (offer) offer.hidden = everything.value !== "" || chosen.length < all.length || strip.dataset.more !== "yes";
  };

  let last = null;
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-all-rows]")) boxes().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-row], [data-all-rows]")) show();
  });
  root.addEventListener("click", (event) => {
    const target = event.target;
    if (target.matches("input[data-row]")) {
      const all = boxes();
      if (event.shiftKey && last) {
        const [from, to] = [all.indexOf(last), all.indexOf(target)].sort((a, b) => a - b);
        all.slice(from, to + 1).forEach((box) => { box.checked = target.checked; });
        show();
      }
      last = target;
    }
    if (target.closest("[data-choose-everything]")) { root.querySelector("[name=everything]").value = "1"; show(); }
    if (target.closest("[data-choose-none]")) { boxes().forEach((box) => { box.checked = false; }); show(); }
    const row = target.closest("tr[data-href]");
    if (!row || target.closest("a, button, input, label, select, summary") || getSelection().toString()) return;
    if (event.ctrlKey || event.metaKey) open(row.dataset.href, "_blank", "noopener");
    else row.querySelector("a[href]")?.click();
  });
  root.addEventListener("auxclick", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (row && event.button === 1 && !event.target.closest("a")) open(row.dataset.href, "_blank", "noopener");
  });
  root.addEventListener("htmx:afterSettle", show);
  show();
}
