// The editor of a paper's text: a press on a placeholder (data-insert) puts it at the cursor, and
// the preview is asked for when writing has paused or another record was chosen.

const PAUSE = 700;

export default function template(root) {
  const preview = root.querySelector("#template-preview");
  let timer = 0;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(() => window.htmx.trigger(preview, "preview"), PAUSE);
  };
  const insert = (text) => {
    const area = root.querySelector("[data-insert-into]");
    if (!area) return;
    area.focus();
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const onInput = (event) => event.target.name === "text" && ask();
  const onChange = (event) => event.target.name === "record" && ask();
  const onClick = (event) => {
    const button = event.target.closest("[data-insert]");
    if (button) insert(button.dataset.insert);
  };
  root.addEventListener("input", onInput);
  root.addEventListener("change", onChange);
  root.addEventListener("click", onClick);
  return () => {
    clearTimeout(timer);
    root.removeEventListener("input", onInput);
    root.removeEventListener("change", onChange);
    root.removeEventListener("click", onClick);
  };
}
