import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { Schemas } from "../api";
import { colour, textSize, tooltip } from "../chart";
import { states, type CountedState, type Figures } from "../figures";
import { number, percent, time } from "../format";
import { empty, loading } from "../page";
import { table } from "../parts";

type Point = Schemas["TrendPoint"];

const choices = [7, 30, 90];

/** How a line is told from the others without its colour. */
const strokes: Record<string, { dash: number[]; symbol: string }> = {
  healthy: { dash: [], symbol: "circle" },
  inactive: { dash: [8, 3], symbol: "rect" },
  agentState: { dash: [2, 3], symbol: "triangle" },
  notOnboarded: { dash: [10, 3, 2, 3], symbol: "diamond" },
  neverReached: { dash: [5, 5], symbol: "emptyCircle" },
  offboarding: { dash: [1, 5], symbol: "emptyRect" },
};

export function trendDays(asked: string | null): number {
  return choices.find((days) => String(days) === asked) ?? 30;
}

export function chooseDays(days: number, choose: (days: number) => void): TemplateResult {
  return html`<fieldset class="days"><legend class="unseen">Days of the trend</legend>${choices.map((choice) => html`<label>
    <input type="radio" name="days" .checked=${choice === days} @change=${() => choose(choice)}> ${choice} days</label>`)}</fieldset>`;
}

/** Onboarding status and states over time, up to the newest figures. */
export function trend(history: Point[] | undefined, site: Figures, days: number): TemplateResult {
  if (history === undefined) {
    return loading();
  }
  const newest = history.at(-1);
  const points = newest === undefined ? [site] : new Date(newest.asOf) < new Date(site.asOf) ? [...history, site] : history;
  if (points.length < 2) {
    return empty("A trend needs figures of more than one hour. Come back later.");
  }
  const first = points[0]!;
  const status = `Onboarding status over ${days} days: from ${percent(first.onboardingPercent)} on ${time(first.asOf)} to ${percent(site.onboardingPercent)} now`;
  const health = `Devices by state over ${days} days: ${states.map(({ key, label }) => `${label} from ${number(first[key as keyof Point] as number)} to ${number(site[key])}`).join(", ")}`;
  return html`<div class="trend">
    <figure><figcaption>Onboarding status, % of eligible</figcaption>
      <atp-chart role="img" aria-label=${status} .option=${() => statusLine(points)}></atp-chart></figure>
    <figure><figcaption>Devices ${states.map(key)}</figcaption>
      <atp-chart role="img" aria-label=${health} .option=${() => stateLines(points)}></atp-chart></figure>
    </div>
    <details><summary>The trend as a table</summary>${table("Trend", [
      { name: "As of", isHeader: true, cell: (point) => time(point.asOf) },
      { name: "Onboarding status", isNumber: true, cell: (point) => percent(point.onboardingPercent) },
      ...states.map((state) => ({ name: state.label, isNumber: true, cell: (point: Point) => number(valueOf(point, state)) })),
    ], points.toReversed())}</details>`;
}

function key(state: CountedState): TemplateResult {
  const { dash } = strokes[state.key]!;
  return html`<span class="key"><svg viewBox="0 0 28 8" aria-hidden="true">${svg`<line class=${state.colour} x1="0" y1="4" x2="28" y2="4" stroke-dasharray=${dash.length === 0 ? nothing : dash.join(" ")}></line>`}</svg>
    ${state.label}</span>`;
}

function valueOf(point: Point, state: CountedState): number {
  return point[state.key as "healthy"];
}

function statusLine(points: Point[]) {
  return {
    ...axes(points, (value) => `${value} %`, { max: 100, min: ({ min }: { min: number }) => Math.max(0, Math.floor((min - 5) / 20) * 20) }),
    series: [{
      type: "line", name: "Onboarding status", showSymbol: points.length < 40, symbolSize: textSize(0.35),
      lineStyle: { color: colour("healthy"), width: textSize(0.125) }, itemStyle: { color: colour("healthy") }, areaStyle: { color: colour("healthy"), opacity: 0.12 },
      data: points.map((point) => [point.asOf, point.onboardingPercent ?? null]),
    }],
    tooltip: tooltipOf(points, (point) => [["Onboarding status", percent(point.onboardingPercent)]]),
  };
}

function stateLines(points: Point[]) {
  return {
    ...axes(points, number, { min: 0, minInterval: 1 }),
    series: states.map((state) => ({
      type: "line", name: state.label, symbol: strokes[state.key]!.symbol, showSymbol: points.length < 40, symbolSize: textSize(0.35),
      lineStyle: { color: colour(state.colour), width: textSize(0.125), type: strokes[state.key]!.dash.length === 0 ? "solid" : strokes[state.key]!.dash },
      itemStyle: { color: colour(state.colour) },
      data: points.map((point) => [point.asOf, valueOf(point, state)]),
    })),
    tooltip: tooltipOf(points, (point) => states.map((state) => [state.label, number(valueOf(point, state))])),
  };
}

function axes(points: Point[], label: (value: number) => string, value: object) {
  const text = { color: colour("muted"), fontSize: textSize(0.75) };
  return {
    grid: { left: 0, right: textSize(1), top: textSize(0.6), bottom: 0, containLabel: true },
    xAxis: { type: "time", min: points[0]!.asOf, max: points.at(-1)!.asOf, axisLabel: { ...text, hideOverlap: true }, axisLine: { lineStyle: { color: colour("line") } } },
    yAxis: { type: "value", ...value, splitNumber: 4, axisLabel: { ...text, formatter: label }, splitLine: { lineStyle: { color: colour("line"), opacity: 0.5 } } },
  };
}

function tooltipOf(points: Point[], rows: (point: Point) => [string, string][]) {
  return {
    trigger: "axis", confine: true, backgroundColor: colour("surface"), borderColor: colour("line"), textStyle: { color: colour("text"), fontSize: textSize(0.8) },
    formatter: ([{ dataIndex }]: [{ dataIndex: number }]) => tooltip(time(points[dataIndex]!.asOf), rows(points[dataIndex]!)),
  };
}
