// Draws the figures of the back-test's report, in the form that fits the screen, and shows one language at a
// time. Without this file both languages stand below each other and the tables hold the same numbers.
(() => {
  "use strict";
  const narrow = matchMedia("(max-width: 47.99rem)");
  const root = document.documentElement;

  function draw(holder) {
    const form = narrow.matches ? "narrow" : "wide";
    if (holder.dataset.drawn === form) return;
    holder.dataset.drawn = form;
    const figure = JSON.parse(holder.querySelector(`[data-form="${form}"]`).textContent);
    let canvas = holder.querySelector(".canvas");
    if (!canvas) {
      canvas = Object.assign(document.createElement("div"), { className: "canvas" });
      holder.append(canvas);
    }
    Plotly.newPlot(canvas, figure.data, { ...figure.layout, autosize: true }, { staticPlot: true, responsive: true });
  }

  function drawShown() {
    document.querySelectorAll(`[data-side="${root.dataset.shown}"] [data-plot]`).forEach(draw);
  }

  function show(lang) {
    root.dataset.shown = lang;
    root.lang = document.querySelector(`[data-side="${lang}"]`).lang;
    drawShown();
  }

  document.querySelectorAll("[data-switch]").forEach((link) => {
    link.addEventListener("click", (event) => { event.preventDefault(); show(link.dataset.switch); });
  });
  narrow.addEventListener("change", drawShown);
  show(location.hash === "#en" ? "en" : "zh");
})();
