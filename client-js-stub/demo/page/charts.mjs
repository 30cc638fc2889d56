import uPlot from "/uplot.js";

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A chart of the newest points of one or two series. */
export class LiveChart {
  #plot;
  #columns;
  #limit;
  #dirty = false;

  constructor(element, { series, limit, time, height }) {
    this.#limit = limit;
    this.#columns = [[], ...series.map(() => [])];
    // Colours as functions: a change between light and dark needs no more than a redraw.
    const line = { stroke: () => color("--line") };
    const axis = { stroke: () => color("--soft"), grid: line, ticks: line };
    this.#plot = new uPlot(
      {
        width: element.clientWidth || 400,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time } },
        axes: [{ ...axis }, { ...axis, size: 56 }],
        series: [{}, ...series.map((name) => ({ stroke: () => color(name), width: 1.5, points: { show: false } }))],
      },
      this.#columns,
      element,
    );
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot.redraw());
    new ResizeObserver(() => this.#plot.setSize({ width: element.clientWidth, height })).observe(element);
  }

  add(x, ...values) {
    const xs = this.#columns[0];
    // The recording began anew: so does the chart.
    if (xs.length > 0 && x < xs[xs.length - 1]) for (const column of this.#columns) column.length = 0;
    xs.push(x);
    for (const [index, value] of values.entries()) this.#columns[index + 1].push(value);
    if (xs.length > this.#limit) for (const column of this.#columns) column.shift();
    this.#draw();
  }

  #draw() {
    if (this.#dirty) return;
    this.#dirty = true;
    requestAnimationFrame(() => {
      this.#dirty = false;
      this.#plot.setData(this.#columns);
    });
  }
}
