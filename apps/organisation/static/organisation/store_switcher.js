/*
 * Keeps the chosen stores in the address, so that a copied link opens the same view. The choice
 * itself is the server's: it stands in data-focus, from the address or remembered from before.
 */
const form = document.getElementById("store-focus");
const parameter = "stores";

function keepInAddress() {
  const address = new URL(location.href);
  if (!form.dataset.focus || address.searchParams.has(parameter)) return;
  address.searchParams.set(parameter, form.dataset.focus);
  history.replaceState(history.state, "", address);
}

if (form) {
  keepInAddress();
  document.addEventListener("htmx:pushedIntoHistory", keepInAddress);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const everything = event.submitter?.hasAttribute("data-all-stores");
    const words = everything ? [] : data.getAll(parameter).filter(Boolean);
    data.delete(parameter);
    const query = new URLSearchParams(data);
    query.set(parameter, words.join(","));
    location.assign(`${form.action.split("?")[0]}?${query}`);
  });
}
