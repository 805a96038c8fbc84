// A pad to sign on with finger, pen or mouse. The strokes go into the form's hidden field as shares
// of the pad, [[[x, y], …], …], so that they are drawn as lines and no picture is ever sent.

const CLOSEST = 0.004;

export default function pad(root) {
  const canvas = root.querySelector("[data-pad-canvas]");
  const clear = root.querySelector("[data-pad-clear]");
  const field = root.closest("form").querySelector("[data-pad-strokes]");
  const pen = canvas.getContext("2d");
  const strokes = read(field.value);
  let current = null;

  const draw = () => {
    const scale = window.devicePixelRatio || 1;
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = width * scale;
    canvas.height = height * scale;
    pen.strokeStyle = "#12306b";
    pen.lineWidth = 2.4 * scale;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of strokes) {
      pen.beginPath();
      stroke.forEach(([x, y], at) => {
        if (at === 0) pen.moveTo(x * canvas.width, y * canvas.height);
        pen.lineTo(x * canvas.width, y * canvas.height);
      });
      pen.stroke();
    }
    clear.hidden = strokes.length === 0;
  };
  const keep = () => {
    field.value = strokes.length ? JSON.stringify(strokes) : "";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = (at, size) => Number(Math.min(1, Math.max(0, at / size)).toFixed(4));
    return [share(event.clientX - box.left, box.width), share(event.clientY - box.top, box.height)];
  };

  const onDown = (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    current = [place(event)];
    strokes.push(current);
    draw();
  };
  const onMove = (event) => {
    if (!current) return;
    const [x, y] = place(event);
    const [lastX, lastY] = current.at(-1);
    if (Math.hypot(x - lastX, y - lastY) < CLOSEST) return;
    current.push([x, y]);
    draw();
  };
  const onUp = () => {
    if (!current) return;
    current = null;
    keep();
  };
  const onClear = () => {
    strokes.length = 0;
    keep();
    draw();
  };
  canvas.addEventListener("pointerdown", onDown);
  canvas.addEventListener("pointermove", onMove);
  canvas.addEventListener("pointerup", onUp);
  canvas.addEventListener("pointercancel", onUp);
  clear.addEventListener("click", onClear);
  const watch = new ResizeObserver(draw);
  watch.observe(canvas);
  return () => watch.disconnect();
}

function read(text) {
  try {
    const found = JSON.parse(text || "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}
