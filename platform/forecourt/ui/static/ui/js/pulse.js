// Asks for news while the page is looked at: triggers "pulse" on the element every data-seconds
// seconds; hx-trigger="pulse" does the rest.

export default function pulse(element) {
  const tick = () => {
    if (document.visibilityState === "visible") window.htmx.trigger(element, "pulse");
  };
  const timer = setInterval(tick, Number(element.dataset.seconds) * 1000);
  return () => clearInterval(timer);
}
