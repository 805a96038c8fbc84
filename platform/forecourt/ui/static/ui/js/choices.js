/* Rows of choices: one more, whenever it is wanted. */
export default function choices(root) {
  const onClick = (event) => {
    if (!event.target.closest("[data-add-choice]")) return;
    const rows = root.querySelectorAll("[data-choice-row]");
    const last = rows[rows.length - 1];
    const made = last.cloneNode(true);
    for (const input of made.querySelectorAll("input")) {
      input.value = "";
      input.removeAttribute("id");
    }
    made.querySelector("select").value = "active";
    last.after(made);
    made.querySelector("input:not([type=hidden])").focus();
  };
  root.addEventListener("click", onClick);
  return () => root.removeEventListener("click", onClick);
}
