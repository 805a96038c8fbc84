/* An amount: grouped while it is only read, plain while it is edited. */
export default function money(input) {
  const plain = () => input.value.replaceAll(/[,，\s]/g, "");
  const group = () => {
    const match = plain().match(/^(-?)(\d+)(\.\d*)?$/);
    if (match) input.value = match[1] + match[2].replaceAll(/\B(?=(\d{3})+$)/g, ",") + (match[3] ?? "");
  };
  input.addEventListener("focus", () => { input.value = plain(); input.select(); });
  input.addEventListener("blur", group);
  group();
}
