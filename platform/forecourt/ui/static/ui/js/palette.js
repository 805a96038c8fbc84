/* Search and actions: the list follows the arrow keys while the cursor stays in the input. */
export default function palette(dialog) {
  const input = dialog.querySelector("input");
  const results = dialog.querySelector("[role=listbox]");
  const options = () => [...results.querySelectorAll("[role=option]")];

  const choose = (option) => {
    for (const other of options()) other.setAttribute("aria-selected", other === option);
    input.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");

  results.addEventListener("htmx:afterSwap", () => choose(options()[0]));
  results.addEventListener("mousemove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen()) choose(option);
  });
  dialog.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Enter" && event.target === input) {
      if (event.isComposing) return;
      const option = chosen();
      if (option && (event.ctrlKey || event.metaKey)) open(option.href, "_blank", "noopener");
      else option?.click();
    } else return;
    event.preventDefault();
  });
  dialog.addEventListener("submit", (event) => event.preventDefault());
  dialog.addEventListener("close", () => { input.value = ""; results.replaceChildren(); });
}
