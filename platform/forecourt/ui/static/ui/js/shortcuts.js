/*
 * Letters that press buttons: data-shortcut="c" on a button or link within. Not while one types,
 * with a modifier, or while a dialog is open. data-listens says that they do.
 */
export default function shortcuts(root) {
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const key = event.key.toLowerCase();
    const target = [...root.querySelectorAll("[data-shortcut]")].find(
      (one) => one.dataset.shortcut === key,
    );
    if (!target) return;
    event.preventDefault();
    target.click();
  };
  document.addEventListener("keydown", press);
  root.dataset.listens = "yes";
  return () => document.removeEventListener("keydown", press);
}
