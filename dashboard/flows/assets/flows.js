/* The dashboard's own few lines in the browser. What is asked stands in the address, nowhere else. */
(function () {
  "use strict";
  const phone = window.matchMedia("(max-width: 47.99rem)"); // look.css: .only-narrow
  const screen = () => ({ narrow: phone.matches, lang: document.documentElement.lang.slice(0, 2) });
  let loaded = window.location.search; // until the first answer
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    flows: {
      /* Once the page stands: tell what screen this is. */
      screen: () => screen(),
      /* The address changed, by a choice or by Back: fields and the other language's link follow. */
      address: (search) => {
        const query = new URLSearchParams(search);
        for (const field of document.querySelectorAll("#controls select")) {
          const first = [...field.options].find((option) => option.defaultSelected);
          field.value = query.get(field.name) ?? first?.value ?? "";
        }
        for (const link of document.querySelectorAll("a[hreflang]")) {
          query.set("lang", link.hreflang.slice(0, 2));
          link.href = "?" + query;
        }
        return window.dash_clientside.no_update;
      },
      /* The answer came: words and tables go where they stood before. */
      texts: (texts) => {
        const standing = loaded === window.location.search; // the server has just written the same
        loaded = null;
        if (standing) return window.dash_clientside.no_update;
        for (const [id, text] of Object.entries(texts || {})) {
          document.getElementById(id).innerHTML = text; // our server wrote it, with every fact escaped
        }
        return window.dash_clientside.no_update;
      },
      /* A click on a node of a figure may ask for it: its layout's meta says what each node stands for. */
      click: (clicks, figures) => {
        const at = clicks.findIndex((click) => click);
        const meta = at < 0 ? undefined : figures[at].layout.meta;
        const asked = meta?.nodes?.[clicks[at].points[0].pointNumber];
        if (!asked) return window.dash_clientside.no_update;
        const query = new URLSearchParams(window.location.search);
        query.set(meta.asks, asked);
        return "?" + query;
      },
    },
  });

  phone.addEventListener("change", () => set("screen", { data: screen() }));

  /* A choice goes into the address, and from there to the page. */
  document.addEventListener("change", (event) => {
    const field = event.target.closest("#controls select");
    if (!field) return;
    const query = new URLSearchParams(window.location.search);
    query.set(field.name, field.value);
    set("address", { search: "?" + query });
  });
  /* A picture as a file. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-png]");
    const graph = button && button.closest("figure").querySelector(".js-plotly-plot");
    if (!graph) return;
    const size = { width: graph.clientWidth, height: graph.clientHeight };
    window.Plotly.downloadImage(graph, { format: "png", scale: 2, filename: button.dataset.png, ...size });
  });
})();
