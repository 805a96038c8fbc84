/*
 * Draws a chart from the JSON beside it, when it comes into view. Colours come from the page's own
 * tokens, so both themes fit. The tooltip is drawn, not built of HTML, because the content security
 * policy allows no inline styles.
 */
const page = JSON.parse(document.getElementById("fc-page").textContent);
let library = null;

function echarts() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = page.modules.echarts;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

function colour(name) {
  // A canvas knows no light-dark(): let the browser resolve it on an element.
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const PALETTE = ["--fc-brand", "--fc-signal", "--fc-accent", "--fc-info", "--fc-success", "--fc-warning", "--fc-ink-2"];

function optionOf(data) {
  const ink = colour("--fc-ink");
  const soft = colour("--fc-ink-2");
  const line = colour("--fc-line");
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
  const show = (value) => (value == null ? "–" : `${data.sign}${number.format(value)}`);
  const base = {
    color: PALETTE.map(colour),
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    tooltip: {
      trigger: data.kind === "pie" ? "item" : "axis",
      renderMode: "richText",
      backgroundColor: colour("--fc-surface"),
      borderColor: line,
      textStyle: { color: ink, fontSize: 13 },
      valueFormatter: show,
      axisPointer: { type: data.kind === "bar" ? "shadow" : "line" },
      confine: true,
    },
    legend: data.series.length > 1 || data.kind === "pie" ? { type: "scroll", bottom: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: soft }, pageTextStyle: { color: soft } } : undefined,
  };
  if (data.kind === "pie") {
    return { ...base, series: [{ type: "pie", radius: ["48%", "72%"], center: ["50%", "44%"], label: { color: ink }, itemStyle: { borderColor: colour("--fc-surface"), borderWidth: 2 }, data: data.categories.map((name, at) => ({ name, value: data.series[0].figures[at] })) }] };
  }
  const categories = { type: "category", data: data.categories, axisLabel: { color: soft, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, inverse: data.horizontal };
  const figures = { type: "value", name: data.unit, nameTextStyle: { color: soft }, axisLabel: { color: soft, formatter: (value) => short.format(value) }, splitLine: { lineStyle: { color: line } } };
  return {
    ...base,
    grid: { left: 4, right: 12, top: data.unit ? 30 : 12, bottom: base.legend ? 32 : 4, containLabel: true },
    xAxis: data.horizontal ? figures : categories,
    yAxis: data.horizontal ? categories : figures,
    series: data.series.map((series) => ({
      name: series.name,
      type: series.kind === "area" ? "line" : series.kind,
      data: series.figures,
      stack: data.stacked ? "all" : undefined,
      areaStyle: series.kind === "area" ? { opacity: 0.16 } : undefined,
      showSymbol: series.figures.length < 40,
      symbolSize: 5,
      barMaxWidth: 34,
      itemStyle: { borderRadius: data.stacked || series.kind !== "bar" ? 0 : 3 },
    })),
  };
}

function download(data) {
  // The same rule as the server's exports: no text may become a formula.
  const neutral = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
  const cell = (value) => {
    const text = typeof value === "number" ? String(value) : neutral(String(value ?? ""));
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = [[data.head, ...data.series.map((series) => series.name)], ...data.categories.map((category, at) => [category, ...data.series.map((series) => series.figures[at])])];
  const file = new Blob(["\ufeff", rows.map((row) => row.map(cell).join(",")).join("\r\n")], { type: "text/csv;charset=utf-8" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${data.title}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

export default function chart(figure) {
  const canvas = figure.querySelector(".fc-chart-canvas");
  if (!canvas) return undefined;
  const data = JSON.parse(figure.querySelector("script").textContent);
  let drawing = null;
  const draw = async () => {
    const library = await echarts();
    if (!figure.isConnected) return;
    drawing ??= library.init(canvas, null, { renderer: "canvas" });
    drawing.setOption(optionOf(data), true);
  };
  const seen = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) { seen.disconnect(); draw(); }
  });
  // The page comes first; its height is kept for the drawing, so nothing moves.
  if (document.readyState === "complete") seen.observe(canvas);
  else addEventListener("load", () => seen.observe(canvas), { once: true });
  const resized = new ResizeObserver(() => drawing?.resize());
  resized.observe(canvas);
  const redraw = () => drawing && draw();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.addEventListener("fc:theme", redraw);
  dark.addEventListener("change", redraw);
  figure.querySelector("[data-download]")?.addEventListener("click", () => download(data));
  return () => {
    seen.disconnect();
    resized.disconnect();
    document.removeEventListener("fc:theme", redraw);
    dark.removeEventListener("change", redraw);
    drawing?.dispose();
  };
}
