"use strict";
// Zoom and move a drawing by its view box; `across` only changes the x axis.
function zoomable(svg, across, onView) {
  const whole = svg.viewBox.baseVal, full = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  if (!full.w || !full.h) return;
  let view = { ...full }, drag = null;
  const show = (next) => {
    next.w = Math.min(full.w, Math.max(full.w / 20000, next.w));
    next.h = across ? full.h : Math.min(full.h, Math.max(full.h / 50, next.h));
    next.x = Math.min(full.x + full.w - next.w, Math.max(full.x, next.x));
    next.y = Math.min(full.y + full.h - next.h, Math.max(full.y, next.y));
    view = next;
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    if (onView) onView(view, full);
  };
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect(), by = Math.exp(event.deltaY * 0.0025);
    const px = (event.clientX - box.left) / box.width, py = (event.clientY - box.top) / box.height;
    const w = Math.min(full.w, view.w * by), h = Math.min(full.h, view.h * by);
    show({ x: view.x + (view.w - w) * px, y: view.y + (view.h - h) * py, w, h });
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => { drag = { event, view }; });
  window.addEventListener("pointerup", () => { drag = null; });
  window.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const box = svg.getBoundingClientRect();
    show({ ...view, x: drag.view.x - (event.clientX - drag.event.clientX) / box.width * view.w,
      y: drag.view.y - (event.clientY - drag.event.clientY) / box.height * view.h });
  });
  svg.addEventListener("dblclick", () => show({ ...full }));
}

function time(ns, step) {
  const [size, unit] = step >= 1e8 ? [1e9, "s"] : step >= 1e5 ? [1e6, "ms"] : step >= 100 ? [1e3, "µs"] : [1, "ns"];
  return `${(ns / size).toFixed(Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9)))} ${unit}`;
}

const timeline = document.getElementById("timeline"), ticks = document.getElementById("ticks");
if (timeline) {
  const wall = Number(timeline.dataset.wallNs);
  zoomable(timeline, true, (view, full) => {
    const start = view.x / full.w * wall, span = view.w / full.w * wall;
    const power = 10 ** Math.floor(Math.log10(span / 10)), step = [1, 2, 5, 10].find((by) => span / (by * power) <= 10) * power;
    ticks.replaceChildren();
    for (let at = Math.ceil(start / step) * step; at < start + span * 0.97; at += step) {
      const mark = document.createElement("span");
      mark.style.left = `${(at - start) / span * 100}%`;
      mark.textContent = time(at, step);
      ticks.append(mark);
    }
  });
}
document.querySelectorAll(".graph > svg").forEach((svg) => zoomable(svg, false));

// Pick out one function's bars.
let picked = null;
document.querySelectorAll("#functions tr[data-f]").forEach((row) => row.addEventListener("click", () => {
  picked = picked === row ? null : row;
  document.querySelectorAll(".picked").forEach((element) => element.classList.remove("picked"));
  if (timeline) timeline.classList.toggle("picking", picked !== null);
  if (!picked) return;
  row.classList.add("picked");
  if (timeline) timeline.querySelectorAll(`rect.${row.dataset.f}`).forEach((bar) => bar.classList.add("picked"));
}));
