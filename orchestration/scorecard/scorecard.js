// Filters, the choice of an area, charts, tables and the CSV file. Every text it shows was written when the page was
// made; it asks nobody for anything, and sets text only (never HTML).
"use strict";
(() => {
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = json("data");
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const cards = all(".measure");
  const form = find(".filters");
  const FILTERS = ["theme", "status", "compared", "q"];
  const state = { area: data.home, theme: "", status: "", compared: "", q: "", measure: "" };
  const figures = Object.assign({}, ...Object.values(data.measures).map((measure) => measure.figures));
  const areaName = (code) => data.areas[code] ?? code;

  // --- numbers as the page's own text has them ------------------------------------------------------------
  const formats = new Map();
  function number(value, decimals) {
    if (value === null || value === undefined) return "";
    if (!formats.has(decimals)) {
      formats.set(decimals, new Intl.NumberFormat("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
    }
    return formats.get(decimals).format(value).replace("-", "\u2212");
  }
  function around(unit) {
    if (unit === "percent") return ["", "%"];
    if (unit?.startsWith("GBP")) return ["£", unit.slice(3).replace("m2", "m²")];
    return ["", ["count", "rank", "ratio", "", null, undefined].includes(unit) ? "" : ` ${unit.replace("m2", "m²").replace("CO2e", "CO₂e")}`];
  }
  function inUnit(value, figure) {
    const [before, after] = around(figure.unit);
    return value === null || value === undefined ? "" : before + number(value, figure.decimals) + after;
  }

  // --- the area -------------------------------------------------------------------------------------------
  const element = (key) => find(`[data-figure="${CSS.escape(key)}"]`);
  // The area whose figure is shown: a region may stand in for the whole, never for one of its authorities.
  const shownArea = (figure) => (state.area === data.home ? figure.own : state.area);
  const saidOf = (figure) => figure.areas[shownArea(figure)]?.said ?? null;
  const codeOf = (id) => {
    const first = Object.values(data.measures[id].figures)[0];
    const said = first && saidOf(first);
    return said ? said.judgement_code : "none";
  };

  function say(key, figure) {
    const at = element(key);
    const said = saidOf(figure) ?? { value: "No figure", judgement: `No figure of it for ${areaName(state.area)} is loaded`, judgement_code: "none", trend: "" };
    for (const slot of all("[data-slot]", at)) {
      const text = slot.dataset.slot === "place" ? (state.area === data.home ? figure.ownName : areaName(state.area)) : said[slot.dataset.slot] ?? "";
      slot.textContent = text;
      slot.hidden = !text;
    }
    const judgement = find(".judgement", at);
    judgement.dataset.code = said.judgement_code;
    find("use", judgement).setAttribute("href", `#shape-${said.judgement_code}`);
    const trend = find(".trend", at);
    trend.hidden = !said.trend;
    if (said.trend) {
      trend.dataset.code = said.trend_code;
      find("use", trend).setAttribute("href", `#trend-${said.trend_code}`);
    }
    for (const own of all("[data-own]", at)) own.hidden = state.area !== data.home;
    for (const table of all("details .table", at)) table.replaceChildren();
    for (const opened of all("details[open]", at)) fill(opened);
    forget(find(".plot", at));
  }

  function chooseArea() {
    for (const [key, figure] of Object.entries(figures)) say(key, figure);
    for (const button of all("[data-area]")) {
      const chosen = button.dataset.area === state.area;
      if (button.matches("button")) button.setAttribute("aria-pressed", chosen);
      else button.classList.toggle("chosen", chosen || state.area === data.home);
    }
    for (const name of all("[data-area-name]")) name.textContent = areaName(state.area);
    const counts = {};
    for (const chip of all("[data-glance]")) {
      const code = codeOf(chip.dataset.glance);
      counts[code] = (counts[code] ?? 0) + 1;
      chip.dataset.code = code;
      find("use", chip).setAttribute("href", `#shape-${code}`);
      const first = Object.values(data.measures[chip.dataset.glance].figures)[0];
      find(".says", chip).textContent = (first && saidOf(first)?.judgement) ?? "no figure";
    }
    for (const item of all("[data-judgement-count]")) find("span", item).textContent = counts[item.dataset.judgementCount] ?? 0;
  }

  // --- filters --------------------------------------------------------------------------------------------
  const words = new Map();
  const textOf = (card) => {
    if (!words.has(card)) {
      const section = card.closest(".outcome");
      words.set(card, `${card.textContent} ${find("h3", section).textContent} ${find("h2", card.closest(".theme")).textContent}`.toLowerCase());
    }
    return words.get(card);
  };
  function matches(card) {
    const { theme, status, measure } = card.dataset;
    return (
      (!state.theme || state.theme === theme) &&
      (!state.status || state.status === status) &&
      (!state.compared || state.compared === codeOf(measure)) &&
      (!state.q || state.q.toLowerCase().split(/\s+/).every((word) => textOf(card).includes(word)))
    );
  }
  const visible = () => cards.filter((card) => !card.hidden);
  const filtering = () => FILTERS.some((name) => state[name]);

  function filter() {
    for (const card of cards) card.hidden = !matches(card);
    for (const outcome of all(".outcome")) {
      const own = all(".measure", outcome);
      outcome.hidden = own.length ? own.every((card) => card.hidden) : filtering();
    }
    for (const theme of all(".theme")) theme.hidden = all(".outcome", theme).every((outcome) => outcome.hidden);
    const shown = visible();
    const ids = new Set(shown.map((card) => card.dataset.measure));
    for (const chip of all("[data-glance]")) chip.classList.toggle("filtered", !ids.has(chip.dataset.glance));
    find(".nothing").hidden = shown.length > 0;
    find(".shown").textContent = `Showing ${shown.length} of ${cards.length} measures for ${areaName(state.area)}.`;
    for (const name of ["area", ...FILTERS]) form.elements[name].value = state[name];
    watch();
  }

  // --- the address: #measure-1a&area=E08000012&theme=PLACES -----------------------------------------------
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // somebody cut a link in two
    }
  }
  function readAddress() {
    const parts = location.hash.slice(1).split("&").map(decoded);
    const given = Object.fromEntries(parts.filter((part) => part.includes("=")).map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
    for (const name of FILTERS) state[name] = given[name] ?? "";
    state.area = given.area in data.areas ? given.area : data.home;
    state.measure = parts.find((part) => part.startsWith("measure-"))?.slice("measure-".length) ?? "";
    if (!(state.measure in data.measures)) state.measure = "";
    for (const select of all("select", form)) {
      if (![...select.options].some((option) => option.value === state[select.name])) state[select.name] = "";
    }
  }
  function address() {
    const parts = state.measure ? [`measure-${state.measure}`] : [];
    if (state.area !== data.home) parts.push(`area=${state.area}`);
    for (const name of FILTERS) if (state[name]) parts.push(`${name}=${encodeURIComponent(state[name])}`);
    return `#${parts.join("&")}`;
  }
  const keepAddress = () => history.replaceState(null, "", address() === "#" ? location.pathname + location.search : address());

  function goTo(id) {
    const card = document.getElementById(`measure-${id}`);
    if (card.hidden) {
      for (const name of FILTERS) state[name] = "";
      filter();
    }
    state.measure = id;
    keepAddress();
    for (const target of all(".measure.sought")) target.classList.remove("sought");
    card.classList.add("sought");
    card.scrollIntoView({ block: "start", behavior: "instant" });
    card.focus({ preventScroll: true });
  }

  // --- tables ---------------------------------------------------------------------------------------------
  function table(caption, header, rows) {
    const made = document.createElement("table");
    made.createCaption().textContent = caption;
    const cell = (row, text, tag, numeric) => {
      const made = document.createElement(tag);
      made.textContent = text;
      if (tag === "th") made.scope = row.parentNode.tagName === "THEAD" ? "col" : "row";
      if (numeric) made.className = "n";
      row.append(made);
    };
    const head = made.createTHead().insertRow();
    header.forEach(([text, numeric]) => cell(head, text, "th", numeric));
    const body = made.createTBody();
    for (const items of rows) {
      const row = body.insertRow();
      items.forEach((text, at) => cell(row, text, at ? "td" : "th", header[at][1]));
    }
    return made;
  }
  const limits = (points, at, figure) => (points.low?.[at] == null ? "" : `${number(points.low[at], figure.decimals)} to ${number(points.high[at], figure.decimals)}`);

  function valuesTable(figure) {
    const area = shownArea(figure);
    const points = data.series[figure.series]?.[area];
    if (!points) return null;
    const home = area === figure.own ? null : data.series[figure.series][figure.own];
    const columns = [
      ["Period", (at) => points.label[at]],
      [area === figure.own ? figure.ownName : areaName(area), (at) => number(points.value[at], figure.decimals), true],
      ["95% confidence interval", (at) => limits(points, at, figure), true, points.low],
      [figure.comparator, (at) => number(points.comparator?.[at], figure.decimals), true, points.comparator],
      [figure.ownName, (at) => number(home?.value[home.day.indexOf(points.day[at])], figure.decimals), true, home],
      ["Median of combined authorities", (at) => number(points.median?.[at], figure.decimals), true, points.median],
      ["Lowest to highest", (at) => (points.least?.[at] == null ? "" : `${number(points.least[at], figure.decimals)} to ${number(points.most[at], figure.decimals)}`), true, points.least],
    ].filter((column) => column.length < 4 || column[3]);
    const [before, after] = around(figure.unit);
    const unit = `${before}${after}`.trim() || figure.unit;
    return table(
      `${figure.name}, ${unit}${figure.illustrative ? ". Invented figures" : ""}`,
      columns.map(([name, , numeric]) => [name, numeric]),
      points.label.map((_, at) => columns.map(([, text]) => text(at))),
    );
  }
  function authoritiesTable(figure) {
    const codes = [figure.own, ...Object.keys(data.areas).filter((code) => code !== figure.own)];
    return table(
      `${figure.name}, the newest figure of each area${figure.illustrative ? ". Invented figures" : ""}`,
      [["Area"], ["Value", true], ["Period"], ["95% confidence interval"], ["Compared"], ["Trend"]],
      codes.map((code) => {
        const said = figure.areas[code]?.said;
        const name = code === figure.own ? figure.ownName : areaName(code);
        if (!said) return [name, "No figure", "", "", "", ""];
        return [name, said.value, said.period, (said.interval ?? "").replace("95% confidence interval ", ""), said.judgement, said.trend];
      }),
    );
  }
  function fill(details) {
    const place = find(":scope > .table", details);
    if (!place || place.firstChild) return;
    const figure = figures[details.closest("[data-figure]").dataset.figure];
    const made = details.matches(".values") ? valuesTable(figure) : authoritiesTable(figure);
    place.append(made ?? `No figure of it for ${areaName(state.area)} is loaded.`);
  }

  // --- charts ---------------------------------------------------------------------------------------------
  const drawn = new Map(); // plot -> Vega view
  let engine = null; // the class of Vega's views, the runtime of each specification, what evaluates their expressions

  // Vega lies in the page as text until it is needed. Its expressions run through an interpreter, because this page's
  // policy forbids to make code out of text; only vega-embed carries that interpreter, and hands it to a view's class.
  const ERRORS = 1; // Vega logs nothing else
  let starting = null;
  function start() {
    starting ??= (async () => {
      const script = document.createElement("script");
      script.textContent = document.getElementById("vega").textContent;
      document.head.append(script);
      const options = { mode: "vega", ast: true, actions: false, defaultStyle: false, tooltip: false, logLevel: ERRORS };
      const embed = async (specification, more) => {
        const made = await vegaEmbed(document.createElement("div"), specification, { ...options, ...more });
        made.finalize();
        return made.view.constructor;
      };
      const View = await embed({ width: 1, height: 1 });
      const found = { View, runtimes: {}, expr: null };
      for (const [name, specification] of Object.entries(json("specifications"))) {
        class Listening extends View {
          constructor(runtime, given) {
            found.runtimes[name] = runtime;
            found.expr = given.expr;
            super(runtime, given);
          }
        }
        await embed(specification, { viewClass: Listening });
      }
      engine = found;
    })();
    return starting;
  }

  function forget(plot) {
    if (!plot) return;
    drawn.get(plot)?.finalize();
    drawn.delete(plot);
    plot.classList.remove("empty");
    plot.replaceChildren();
    observer.unobserve(plot);
    observer.observe(plot);
  }

  const colour = (style, name) => style.getPropertyValue(`--${name}`).trim();
  function settings(figure, points) {
    const style = getComputedStyle(document.documentElement);
    const biggest = Math.max(...points.value.map(Math.abs));
    const [divisor, scale] = biggest >= 1e9 ? [1e9, " bn"] : biggest >= 1e6 ? [1e6, " m"] : [1, ""];
    const [before, after] = around(figure.unit);
    return {
      homeColour: colour(style, "home"), comparatorColour: colour(style, "comparator"), rangeColour: colour(style, "range"),
      medianColour: colour(style, "median"), targetColour: colour(style, "target"), inkColour: colour(style, "soft"),
      gridColour: colour(style, "grid"), paperColour: colour(style, "card"),
      numbers: `,.${Math.min(figure.decimals + (divisor > 1 ? 2 : 1), 3)}~f`, divisor, prefix: before, suffix: scale + (after === "%" ? "%" : ""),
      homeDash: figure.illustrative ? [5, 4] : [1, 0],
    };
  }
  const wordsOf = (points, at, figure, name) => {
    const band = limits(points, at, figure);
    const comparator = points.comparator?.[at] == null ? "" : `; ${figure.comparator} ${inUnit(points.comparator[at], figure)}`;
    return `${name}, ${points.label[at]}: ${inUnit(points.value[at], figure)}${band ? ` (95% CI ${band})` : ""}${comparator}`;
  };

  function overTime(figure, area, name, points) {
    const home = area === figure.own ? null : data.series[figure.series][figure.own];
    const rows = points.day.map((day, at) => ({
      day, value: points.value[at], low: points.low?.[at] ?? null, high: points.high?.[at] ?? null,
      comparator: points.comparator?.[at] ?? null, words: wordsOf(points, at, figure, name),
      ...(home
        ? { region: figure.together ? home.value[home.day.indexOf(day)] ?? null : null, median: null, least: null, most: null }
        : { region: null, median: points.median?.[at] ?? null, least: points.least?.[at] ?? null, most: points.most?.[at] ?? null }),
    }));
    const last = rows.length - 1;
    const middle = Math.round(last / 2);
    const marked = last > 3 && points.label[middle].length < 9 ? [0, middle, last] : [0, last];
    const ticks = marked.map((at) => ({ day: rows[at].day, label: points.label[at] }));
    return { name: "over_time", points: rows, signals: { tickDays: ticks.map((tick) => tick.day), tickLabels: ticks.map((tick) => tick.label) } };
  }
  function onePeriod(figure, area, name, points) {
    const own = data.series[figure.series];
    const blank = { value: null, low: null, high: null, least: null, most: null, median: null };
    const rows = [{ ...blank, name, kind: "home", value: points.value[0], low: points.low?.[0] ?? null, high: points.high?.[0] ?? null, words: wordsOf(points, 0, figure, name) }];
    if (points.comparator) rows.push({ ...blank, name: figure.comparator, kind: "comparator", value: points.comparator[0], words: `${figure.comparator}: ${inUnit(points.comparator[0], figure)}` });
    if (points.least && area === figure.own) rows.push({ ...blank, name: "Combined authorities", kind: "range", least: points.least[0], most: points.most[0], median: points.median[0] });
    if (area !== figure.own && own[figure.own] && figure.together) {
      const at = own[figure.own].day.indexOf(points.day[0]);
      if (at >= 0) rows.push({ ...blank, name: figure.ownName, kind: "other", value: own[figure.own].value[at], words: `${figure.ownName}: ${inUnit(own[figure.own].value[at], figure)}` });
    }
    for (const code of Object.keys(data.areas)) {
      if (code === area || code === data.home || !own[code]) continue;
      const at = own[code].day.indexOf(points.day[0]);
      if (at >= 0) rows.push({ ...blank, name: area === figure.own ? "Member authorities" : "Other authorities", kind: "other", value: own[code].value[at], words: `${areaName(code)}: ${inUnit(own[code].value[at], figure)}` });
    }
    return { name: "one_period", points: rows.map((row, order) => ({ ...row, order })), signals: {} };
  }

  function alternative(figure, area, name, points) {
    const last = points.day.length - 1;
    const invented = figure.illustrative ? " Invented figures." : "";
    const span = last ? `${points.label[0]} to ${points.label[last]}, from ${inUnit(points.value[0], figure)} to ${inUnit(points.value[last], figure)}` : `${points.label[0]}, ${inUnit(points.value[0], figure)}`;
    const comparator = points.comparator?.[last] == null ? "" : ` ${figure.comparator}: ${inUnit(points.comparator[last], figure)}.`;
    const range = points.least?.[last] == null || area !== figure.own ? "" : ` Combined authorities: ${inUnit(points.least[last], figure)} to ${inUnit(points.most[last], figure)}.`;
    return `Chart of ${figure.name}, ${name}: ${span}.${comparator}${range}${invented} The values are in the table below.`;
  }

  function key(place, figure, area, name, points, made, target) {
    const single = made.name === "one_period";
    const has = (field) => made.points.some((row) => row[field] !== null && row[field] !== undefined);
    const kinds = new Set(made.points.map((row) => row.kind));
    const items = single
      ? [["dot", name], [has("low") && "band", "95% confidence interval"], [kinds.has("comparator") && "diamond", figure.comparator],
         [has("least") && "range", "combined authorities, lowest to highest"], [has("median") && "bar", "their median"], [kinds.has("other") && "other", "other areas"]]
      : [[figure.illustrative ? "dashed-home" : "home", name + (figure.illustrative ? " (invented)" : "")], [has("low") && "band", "95% confidence interval"],
         [has("comparator") && "comparator", figure.comparator], [has("region") && "region", figure.ownName],
         [has("least") && "range", "combined authorities, lowest to highest"], [has("median") && "median", "their median"]];
    items.push([target && "target-line", "target"]);
    place.replaceChildren(...items.filter(([kind]) => kind).map(([kind, text]) => {
      const made = document.createElement("span");
      made.className = kind;
      made.textContent = text;
      return made;
    }));
  }

  function draw(plot) {
    if (drawn.has(plot) || plot.classList.contains("empty") || !engine) return;
    const holder = plot.closest("[data-figure]");
    const figure = figures[holder.dataset.figure];
    const area = shownArea(figure);
    const name = area === figure.own ? figure.ownName : areaName(area);
    const points = data.series[figure.series]?.[area];
    const place = find(".key", plot.parentNode);
    if (!points) {
      plot.classList.add("empty");
      plot.textContent = `No figure of it for ${areaName(state.area)} is loaded.`;
      plot.setAttribute("aria-label", plot.textContent);
      place.replaceChildren();
      return;
    }
    const made = points.day.length > 1 ? overTime(figure, area, name, points) : onePeriod(figure, area, name, points);
    const target = area === figure.own && figure.target !== null ? [{ value: figure.target }] : [];
    const view = new engine.View(engine.runtimes[made.name], { renderer: "svg", expr: engine.expr, logLevel: ERRORS });
    for (const [signal, value] of Object.entries({ ...settings(figure, points), ...made.signals })) view.signal(signal, value);
    for (const [set, rows] of Object.entries({ points: made.points, target })) view.data(set, rows);
    view.initialize(plot).width(Math.max(plot.clientWidth || 420, 220)).run();
    drawn.set(plot, view);
    // One picture with one text, in place of Vega's roles for every mark.
    plot.setAttribute("role", "img");
    plot.removeAttribute("aria-roledescription");
    find("svg", plot).setAttribute("aria-hidden", "true");
    plot.setAttribute("aria-label", alternative(figure, area, name, points));
    key(place, figure, area, name, points, made, target.length > 0);
  }

  const observer = new IntersectionObserver((entries) => {
    const near = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
    if (near.length) start().then(() => near.forEach(draw));
  }, { rootMargin: "300px 0px" });
  function watch() {
    for (const plot of all(".plot")) if (!drawn.has(plot)) observer.observe(plot);
  }
  function drawAll() {
    for (const card of visible()) all(".plot", card).filter((plot) => !plot.closest(".others")).forEach(draw);
  }
  function redraw() {
    for (const plot of [...drawn.keys()]) forget(plot);
  }

  // --- CSV ------------------------------------------------------------------------------------------------
  function csv() {
    const quoted = (cell) => (/[",\n\r]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell));
    const rows = visible().flatMap((card) => {
      const measure = data.measures[card.dataset.measure];
      const found = Object.values(measure.figures);
      const blank = (count) => Array(count).fill("");
      const rest = data.header.length - measure.cells.length;
      if (!found.length) return [[...measure.cells, ...blank(rest)]];
      return found.map((figure) => {
        const area = shownArea(figure);
        const cells = figure.areas[area]?.cells ?? [area, areaName(area)];
        const row = [...measure.cells, ...figure.cells, ...cells];
        return [...row, ...blank(data.header.length - row.length)];
      });
    });
    return [data.header, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  }
  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\uFEFF", csv()], { type: "text/csv;charset=utf-8" }));
    link.download = `scorecard-${areaName(state.area).toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${data.build}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // --- wiring ---------------------------------------------------------------------------------------------
  function change(changes) {
    const area = state.area;
    Object.assign(state, changes, { measure: "" });
    if (area !== state.area) chooseArea();
    filter();
    keepAddress();
  }
  function arrive() {
    const area = state.area;
    readAddress();
    if (area !== state.area) chooseArea();
    filter();
    if (state.measure) goTo(state.measure);
  }
  for (const part of all(".scripted")) part.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => change({ [event.target.name]: event.target.value }));
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    change({ theme: "", status: "", compared: "", q: "" });
  });
  find(".download").addEventListener("click", download);
  for (const button of all("[data-area]")) button.addEventListener("click", () => change({ area: button.dataset.area }));
  for (const details of all(".values, .authorities")) details.addEventListener("toggle", () => details.open && fill(details));
  document.addEventListener("click", (event) => {
    const id = event.target.closest('a[href^="#measure-"]')?.getAttribute("href").slice("#measure-".length);
    if (id === undefined || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    goTo(id);
  });
  addEventListener("hashchange", arrive);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", redraw);
  // On paper everything that is shown has its chart, in the colours of the light page.
  function print(starts) {
    document.documentElement.classList.toggle("printing", starts);
    if (dark.matches) redraw();
    if (starts) drawAll();
  }
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  // What has the focus is never hidden under the filters that stay at the top.
  const keepClear = () => (document.documentElement.style.scrollPaddingTop = getComputedStyle(form).position === "sticky" ? `${form.offsetHeight + 20}px` : "");
  let width = innerWidth;
  addEventListener("resize", () => {
    keepClear();
    if (width !== innerWidth) redraw();
    width = innerWidth;
  });
  addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(() => start()));
  keepClear();
  arrive();
})();
