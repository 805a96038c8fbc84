/*
 * Narrows a long list of rows (data-filter-item) in groups (data-filter-group) while one types
 * (data-filter-input), or to those that hold something (data-filter-given). A select
 * (data-filter-all) sets those of its group that are shown to one value, where they offer it.
 */
export default function filter(root) {
  const input = root.querySelector("[data-filter-input]");
  const given = root.querySelector("[data-filter-given]");
  const items = [...root.querySelectorAll("[data-filter-item]")];
  const texts = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));

  const holds = (item) => {
    const select = item.querySelector("select");
    return select ? select.value !== "" : "given" in item.dataset;
  };
  const apply = () => {
    const words = (input?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) {
      const fits = words.every((word) => texts.get(item).includes(word));
      item.classList.toggle("d-none", !fits || (given?.checked && !holds(item)));
    }
    let shown = 0;
    for (const group of root.querySelectorAll("[data-filter-group]")) {
      const count = group.querySelectorAll("[data-filter-item]:not(.d-none)").length;
      group.classList.toggle("d-none", count === 0);
      shown += count;
    }
    root.querySelector("[data-filter-none]")?.classList.toggle("d-none", shown > 0);
  };

  input?.addEventListener("input", apply);
  input?.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  given?.addEventListener("change", apply);
  for (const all of root.querySelectorAll("[data-filter-all]")) {
    all.addEventListener("change", (event) => {
      event.stopPropagation();
      const value = all.value === "none" ? "" : all.value;
      const group = all.closest("[data-filter-group]");
      for (const select of group.querySelectorAll("[data-filter-item]:not(.d-none) select")) {
        const offered = [...select.options].some((option) => option.value === value);
        if (select.disabled || !offered || select.value === value) continue;
        select.value = value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
      all.selectedIndex = 0;
    });
  }
}
