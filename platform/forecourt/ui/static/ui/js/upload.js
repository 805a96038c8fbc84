/* A place to drop a file: shows what was chosen and refuses what is too large before it is sent. */
export default function upload(zone, { text }) {
  const input = zone.querySelector("input[type=file]");
  const names = zone.querySelector("[data-files]");
  const limit = Number(zone.dataset.limit ?? 0);
  const size = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

  input.addEventListener("change", () => {
    const files = [...input.files];
    const large = limit && files.some((file) => file.size > limit);
    input.setCustomValidity(large ? text("too_large") : "");
    input.reportValidity();
    names.textContent = files.map((file) => `${file.name} (${size(file.size)})`).join(", ");
  });
  const over = (shown) => () => zone.classList.toggle("is-over", shown);
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", over(false));
}
