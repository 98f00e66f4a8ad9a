import { BarChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { html, render } from "lit-html";
import { init, use, type ECharts, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, PieChart, GridComponent, TooltipComponent, CanvasRenderer]);

/** The colours of the style sheet, for what is drawn and not styled. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A size in the units of the page's text, for what is drawn and not styled. */
export function textSize(rem: number): number {
  return rem * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** What a tooltip shows: a heading, and names with values. */
export function tooltip(heading: string, rows: [string, string][]): HTMLElement {
  const element = document.createElement("div");
  render(html`<b>${heading}</b><dl class="tooltip">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`, element);
  return element;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** `<atp-chart .option=${() => …} .pick=${(name) => …}>`: draws an ECharts option, again when it, its place or the colours change. */
class Chart extends HTMLElement {
  private chart: ECharts | undefined;
  private make: (() => EChartsCoreOption) | undefined;
  private readonly resized = new ResizeObserver(() => this.chart?.resize());
  private readonly recoloured = () => this.draw();

  /** Called with the name of the part that somebody clicks. */
  pick: ((name: string, series: string) => void) | undefined;

  /** Makes the option: asked again when colours change. */
  set option(make: () => EChartsCoreOption) {
    this.make = make;
    this.draw();
  }

  connectedCallback(): void {
    this.chart = init(this, null, { renderer: "canvas" });
    this.chart.on("click", (event) => this.pick?.(event.name, event.seriesName ?? ""));
    this.resized.observe(this);
    dark.addEventListener("change", this.recoloured);
    this.draw();
  }

  disconnectedCallback(): void {
    dark.removeEventListener("change", this.recoloured);
    this.resized.disconnect();
    this.chart?.dispose();
    this.chart = undefined;
  }

  private draw(): void {
    if (this.chart && this.make) {
      this.chart.setOption({
        animation: !calm.matches && this.dataset["drawn"] === undefined, // newer figures are no news that should move
        animationDuration: 300,
        textStyle: { color: colour("text"), fontFamily: getComputedStyle(this).fontFamily, fontSize: textSize(0.8) },
        ...this.make(),
      }, { notMerge: true });
      this.dataset["drawn"] = "true";
    }
  }
}

customElements.define("atp-chart", Chart);
