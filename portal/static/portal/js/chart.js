// Pictures of series and bars. Each <figure data-chart> carries its data as JSON and its table as HTML;
// Chart.js is fetched only when a figure is there. Series: {name, values, forecast_from?, preliminary_from?, quiet?}.
// Bars may lie (`lying`: names one below the other) and carry their values (`valued`).
(() => {
  "use strict";
  let library = null;
  const drawn = new Map();

  const load = (address) => {
    library ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(window.Chart);
      script.onerror = () => reject(new Error("Chart.js did not load"));
      document.head.append(script);
    });
    return library;
  };

  // any CSS colour, of the theme in force at that place, as rgb() for the canvas
  const painter = (place) => {
    const probe = document.createElement("i");
    probe.hidden = true;
    place.append(probe);
    const dot = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const paint = (name, alpha = 1) => {
      probe.style.color = `var(--${name})`;
      dot.clearRect(0, 0, 1, 1);
      dot.fillStyle = getComputedStyle(probe).color;
      dot.fillRect(0, 0, 1, 1);
      const [red, green, blue] = dot.getImageData(0, 0, 1, 1).data;
      return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
    };
    return { paint, done: () => probe.remove() };
  };

  const hatch = (line, ground) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 6, 6);
    pen.strokeStyle = line;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const offset of [-6, 0, 6]) { pen.moveTo(offset, 6); pen.lineTo(offset + 6, 0); }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  };

  const figures = (unit) => (value) => {
    if (value === null || value === undefined) return "no figure";
    return `${Number(value).toLocaleString("en-GB", { maximumFractionDigits: 2 })}${unit ? ` ${unit}` : ""}`;
  };

  const dataset = (series, index, data, colours) => {
    const hue = series.quiet || index > 0 ? colours.tones[Math.max(1, index)] || colours.tones.at(-1) : colours.tones[0];
    const forecast = series.forecast_from ?? Infinity;
    const bar = data.type === "bar";
    const base = { label: series.name, data: series.values, borderColor: hue, spanGaps: false };
    if (bar) {
      const stripes = hatch(hue, colours.ground);
      return {
        ...base, borderWidth: 0, borderRadius: 2, maxBarThickness: 36, categoryPercentage: 0.72, barPercentage: 0.9,
        backgroundColor: series.values.map((_, at) => (at >= forecast ? stripes : hue)),
      };
    }
    return {
      ...base, backgroundColor: hue, borderWidth: 2, tension: 0, pointRadius: 0, pointHoverRadius: 4, pointHitRadius: 12,
      segment: { borderDash: (at) => (at.p1DataIndex >= forecast ? [5, 4] : undefined) },
    };
  };

  // names at the end of their lines, instead of a legend, up to three series
  const names = (data, colours) => ({
    id: "names",
    afterDatasetsDraw(chart) {
      if (data.type === "bar" || data.series.length > 3 || data.series.length < 2) return;
      const pen = chart.ctx;
      pen.save();
      pen.font = "500 12px Inter, sans-serif";
      pen.textBaseline = "middle";
      const taken = [];
      chart.data.datasets.forEach((set, index) => {
        const point = chart.getDatasetMeta(index).data.findLast((each) => !each.skip && Number.isFinite(each.y));
        if (!point) return;
        let y = point.y;
        while (taken.some((other) => Math.abs(other - y) < 14)) y -= 14;
        taken.push(y);
        pen.fillStyle = index === 0 ? colours.tones[0] : colours.text;
        pen.fillText(set.label, chart.chartArea.right + 8, y);
      });
      pen.restore();
    },
  });

  // what each bar comes to, at its end
  const values = (data, colours) => ({
    id: "values",
    afterDatasetsDraw(chart) {
      if (!data.valued || data.type !== "bar") return;
      const pen = chart.ctx;
      pen.save();
      pen.font = "500 11px Inter, sans-serif";
      pen.fillStyle = colours.ink;
      pen.textAlign = data.lying ? "left" : "center";
      pen.textBaseline = data.lying ? "middle" : "bottom";
      data.series.forEach((series, row) => chart.getDatasetMeta(row).data.forEach((bar, at) => {
        if (series.values[at] === null) return;
        pen.fillText(Number(series.values[at]).toLocaleString("en-GB"), bar.x + (data.lying ? 5 : 0), bar.y - (data.lying ? 0 : 3));
      }));
      pen.restore();
    },
  });

  // a value beyond the last bar has room of its own
  const room = (data) => {
    if (data.valued && data.lying) return { right: 44, top: 4 };
    return { right: measure(data), top: data.valued ? 18 : 4 };
  };

  const named = (data) => (label) => {
    const text = String(label);
    const most = data.lying ? 18 : 13;
    if (!data.valued || text.length <= most) return text;
    return text.split(" ").reduce((lines, word) => {
      const longer = `${lines.at(-1)} ${word}`.trim();
      return longer.length > most && lines.at(-1) ? [...lines, word] : [...lines.slice(0, -1), longer];
    }, [""]);
  };

  const axes = (data, colours, ticks, whole) => {
    const stacked = Boolean(data.stacked);
    const say = named(data);
    const categories = {
      stacked, grid: { display: false }, border: { color: colours.line },
      ticks: { ...ticks, maxRotation: 0, autoSkip: !data.valued, autoSkipPadding: 12, callback(value) { return say(this.getLabelForValue(value)); } },
    };
    const amounts = {
      stacked, beginAtZero: data.type === "bar", grace: data.valued && !data.lying ? "10%" : 0, grid: { color: colours.line }, border: { display: false },
      ticks: { ...ticks, maxTicksLimit: 5, precision: whole ? 0 : undefined, padding: 8, callback: (value) => Number(value).toLocaleString("en-GB") },
    };
    return data.lying ? { x: amounts, y: categories } : { x: categories, y: amounts };
  };

  const shade = (data, colours) => ({
    id: "preliminary",
    beforeDatasetsDraw(chart) {
      const from = Math.min(...data.series.map((series) => series.preliminary_from ?? Infinity));
      if (!Number.isFinite(from)) return;
      const { left, right, top, bottom } = chart.chartArea;
      const step = (right - left) / data.labels.length;
      const start = data.type === "bar" ? left + from * step : chart.scales.x.getPixelForValue(from);
      const pen = chart.ctx;
      pen.save();
      pen.fillStyle = colours.shade;
      pen.fillRect(start, top, right - start, bottom - top);
      pen.fillStyle = colours.text;
      pen.font = "400 11px Inter, sans-serif";
      pen.textAlign = "right";
      pen.fillText("preliminary", right - 4, top + 12);
      pen.restore();
    },
  });

  const measure = (data) => {
    if (data.type === "bar" || data.series.length < 2 || data.series.length > 3) return 8;
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "500 12px Inter, sans-serif";
    return 14 + Math.max(...data.series.map((series) => pen.measureText(series.name).width));
  };

  const settings = (data, colours) => {
    const say = figures(data.unit);
    const many = data.series.length > 3 || (data.type === "bar" && data.series.length > 1);
    const whole = data.series.every((series) => series.values.every((value) => value === null || Number.isInteger(value)));
    const ticks = { color: colours.text, font: { family: "Inter, sans-serif", size: 11 } };
    return {
      type: data.type,
      data: { labels: data.labels, datasets: data.series.map((series, index) => dataset(series, index, data, colours)) },
      plugins: [names(data, colours), values(data, colours), shade(data, colours)],
      options: {
        animation: false, responsive: true, maintainAspectRatio: false,
        indexAxis: data.lying ? "y" : "x",
        interaction: { mode: "index", intersect: false, axis: data.lying ? "y" : "x" },
        layout: { padding: room(data) },
        scales: axes(data, colours, ticks, whole),
        plugins: {
          legend: { display: many, align: "start", labels: { color: colours.text, boxWidth: 10, boxHeight: 10, font: { family: "Inter, sans-serif", size: 12 } } },
          tooltip: {
            backgroundColor: colours.ink, titleColor: colours.ground, bodyColor: colours.ground, padding: 8, cornerRadius: 6, displayColors: false,
            titleFont: { family: "Inter, sans-serif", size: 12 }, bodyFont: { family: "Inter, sans-serif", size: 12 },
            callbacks: { label: (item) => `${item.dataset.label}: ${say(item.raw)}` },
          },
        },
      },
    };
  };

  const draw = async (figure) => {
    const canvas = figure.querySelector("canvas");
    const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const Chart = await load(figure.dataset.library);
    drawn.get(figure)?.destroy();
    const { paint, done } = painter(figure);
    const colours = {
      tones: [paint("accent"), paint("quiet-fill"), paint("ink-3"), paint("info-fill"), paint("line-strong")],
      text: paint("ink-2"), ink: paint("ink"), ground: paint("page"), line: paint("line"), shade: paint("pressed", 0.55),
    };
    done();
    if (data.lying) canvas.parentElement.style.height = `${Math.max(240, 48 + 32 * data.labels.length * data.series.length)}px`;
    drawn.set(figure, new Chart(canvas, settings(data, colours)));
    if (!canvas.dataset.ready) keys(figure, canvas, data);
  };

  // arrows walk over the points and say them
  const keys = (figure, canvas, data) => {
    canvas.dataset.ready = "";
    const says = figure.querySelector(".chart-says");
    const say = figures(data.unit);
    let at = -1;
    canvas.addEventListener("keydown", (event) => {
      const last = data.labels.length - 1;
      const next = { ArrowRight: Math.min(at + 1, last), ArrowLeft: Math.max(at - 1, 0), Home: 0, End: last }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      at = next;
      const chart = drawn.get(figure);
      const active = data.series.map((_, datasetIndex) => ({ datasetIndex, index: at }));
      chart.setActiveElements(active);
      chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
      chart.update("none");
      says.textContent = `${data.labels[at]}: ${data.series.map((series) => `${series.name} ${say(series.values[at])}`).join(", ")}`;
    });
    canvas.addEventListener("blur", () => {
      const chart = drawn.get(figure);
      chart?.setActiveElements([]);
      chart?.tooltip.setActiveElements([], { x: 0, y: 0 });
      chart?.update("none");
    });
  };

  const fail = (figure) => {
    figure.querySelector(".chart-canvas").hidden = true;
    figure.querySelector(".chart-table").hidden = false;
  };
  const start = (root) => {
    for (const figure of root.querySelectorAll("figure[data-chart]")) draw(figure).catch(() => fail(figure));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-chart-table]");
    if (!button) return;
    const table = button.closest("figure").querySelector(".chart-table");
    table.hidden = !table.hidden;
    button.setAttribute("aria-expanded", String(!table.hidden));
  });
  document.addEventListener("theme:changed", () => { for (const figure of drawn.keys()) draw(figure); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const figure of drawn.keys()) draw(figure); });
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) start(event.detail.elt); });
  document.fonts.ready.then(() => start(document));
})();
