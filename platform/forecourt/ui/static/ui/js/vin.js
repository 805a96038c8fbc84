/* A VIN is written in capitals without gaps, also when it is pasted. */
export default function vin(input) {
  input.addEventListener("input", () => {
    const at = input.selectionStart;
    const clean = input.value.toUpperCase().replaceAll(/[\s-]/g, "");
    if (clean !== input.value) { input.value = clean; input.setSelectionRange(at, at); }
  });
}
