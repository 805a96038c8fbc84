/* A select for long lists: type to search the server, arrow keys choose, the hidden input is sent. */
export default function combobox(root) {
  const input = root.querySelector("[role=combobox]");
  const value = root.querySelector("input[type=hidden]");
  const list = root.querySelector("[role=listbox]");
  // A form may have put its kept value back before this ran.
  let label = (input.value = value.dataset.label ?? input.value);

  const options = () => [...list.querySelectorAll("[role=option]")];
  const active = () => options().find((option) => option.getAttribute("aria-selected") === "true");
  const open = (shown) => {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", shown);
    if (!shown) input.removeAttribute("aria-activedescendant");
  };
  const point = (option) => {
    options().forEach((other) => other.setAttribute("aria-selected", other === option));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
  };
  const pick = (option) => {
    value.value = option?.dataset.value ?? "";
    value.dataset.label = option?.dataset.label ?? "";
    open(false);
    value.dispatchEvent(new Event("change", { bubbles: true }));
  };

  value.addEventListener("change", () => { label = input.value = value.dataset.label ?? ""; });
  list.addEventListener("htmx:afterSwap", () => {
    if (document.activeElement !== input) return;
    open(true);
    point(options()[0]);
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) pick(option);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(active());
    if (event.key === "ArrowDown" && list.hidden) htmx.trigger(input, "combobox:open");
    else if (event.key === "ArrowDown") point(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") point(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Enter" && !list.hidden && !event.isComposing) active() && pick(active());
    else if (event.key === "Escape" && !list.hidden) { input.value = label; open(false); event.stopPropagation(); }
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => {
    open(false);
    if (!input.value) pick(null);
    else input.value = label;
  });
}
