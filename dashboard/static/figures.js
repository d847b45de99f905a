// Draws the figures after the text. Plotly is loaded from this server once a figure comes near, or, for a
// reader who saves data, when asked. The tables hold the same numbers, so nothing depends on this file.
(() => {
  "use strict";
  const own = document.currentScript.dataset;
  const narrow = matchMedia("(max-width: 47.99rem)");
  const sparing = (navigator.connection && navigator.connection.saveData) || matchMedia("(prefers-reduced-data: reduce)").matches;
  const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false };
  let plotly;

  // The pages' policy forbids style attributes in markup, not styles set by script: say the same by the second way.
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style" && this.style) this.style.cssText = value; else setAttribute.call(this, name, value);
  };

  const load = (tag, settings) => new Promise((done, failed) => {
    const element = Object.assign(document.createElement(tag), settings);
    element.onload = done;
    element.onerror = failed;
    document.head.append(element);
  });

  // Plotly brings sheets for maps that no page of ours draws; while it loads they are made inert, not refused.
  const withoutSheets = (loading) => async () => {
    const create = document.createElement;
    document.createElement = (name, ...more) => create.call(document, name === "style" ? "template" : name, ...more);
    await loading().finally(() => { delete document.createElement; });
  };

  const plotlyReady = () => plotly ||= load("link", { id: "plotly.js-style-global", rel: "stylesheet", href: own.rules })
    .then(withoutSheets(() => load("script", { src: own.plotly })));

  async function draw(holder) {
    const asked = narrow.matches;
    const address = holder.dataset.figure + (holder.dataset.figure.includes("?") ? "&" : "?") + "narrow=" + (asked ? 1 : 0);
    const [answer] = await Promise.all([fetch(address), plotlyReady()]);
    if (!answer.ok) throw new Error(String(answer.status));
    const figure = await answer.json();
    await document.fonts.ready;
    if (asked !== narrow.matches) return draw(holder); // turned meanwhile: the other picture is wanted
    holder.replaceChildren();
    await Plotly.newPlot(holder, figure.data, { ...figure.layout, dragmode: false, autosize: true }, config);
    holder.classList.add("drawn");
    offerPicture(holder);
  }

  function offerPicture(holder) {
    const button = holder.parentElement.querySelector("[data-png]");
    if (!button) return;
    button.hidden = false;
    button.onclick = () => Plotly.downloadImage(holder, { format: "png", scale: 2, filename: button.dataset.png, width: holder.clientWidth, height: holder.clientHeight });
  }

  function fail(holder) {
    holder.classList.add("failed");
    const told = document.createElement("p");
    told.className = "tiny";
    told.textContent = holder.dataset.failed;
    holder.replaceChildren(told);
  }

  const start = (holder) => draw(holder).catch(() => fail(holder));

  function offer(holder) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn plain";
    button.textContent = holder.dataset.draw;
    button.onclick = () => start(holder);
    holder.append(button);
  }

  const holders = [...document.querySelectorAll("[data-figure]")];
  if (sparing) { holders.forEach(offer); return; }
  const near = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) { near.unobserve(one.target); start(one.target); }
  }, { rootMargin: "400px" });
  holders.forEach((holder) => near.observe(holder));
  narrow.addEventListener("change", () => holders.filter((h) => h.classList.contains("drawn")).forEach(start));
})();
