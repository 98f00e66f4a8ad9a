import "./overview.css";
import { html, nothing, type TemplateResult } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import type { Schemas } from "../api";
import { colour, textSize } from "../chart";
import { agentHealth, count, devicesLink, figures, neverReached, swatch, type Counted, type CountedState, type Figures } from "../figures";
import { ago, clock, number, percent } from "../format";
import { empty, Loaded, problemDetails, type CreateView, type Page } from "../page";
import { panel, table } from "../parts";
import { keep, link } from "../router";
import { Breakdown } from "./breakdown";
import { chooseDays, trend, trendDays } from "./trend";

type Summary = Schemas["HealthSummary"];

/** History changes by the hour; between, the newest figures are its end. */
const historySeconds = 600;

/** Onboarding status and agent health of the whole site. */
export const createOverview: CreateView = (page, parameters) => {
  let days = trendDays(parameters.get("days"));
  let history: Schemas["TrendPoint"][] | undefined;
  let historyAt = 0;
  let warnings: Loaded<Schemas["Site"]> | undefined;
  const breakdowns = [
    new Breakdown("platform", "Platform", parameters, keepAddress),
    new Breakdown("os", "Operating system", parameters, keepAddress),
    new Breakdown("collection", "Collection", parameters, keepAddress),
  ];

  const summary = new Loaded(page, async (signal) => {
    const asked = days;
    const isDue = history === undefined || Date.now() - historyAt > historySeconds * 1000;
    const answer = await page.api.get<Summary>("health/summary", { scopeKind: "platform,os,collection", historyDays: isDue ? asked : undefined }, signal);
    if (answer.history && asked === days) {
      history = answer.history;
      historyAt = answer.site ? Date.now() : 0;
    }
    if (!warnings) {
      // After the figures are drawn, which wait for nothing else.
      setTimeout(() => { warnings ??= new Loaded(page, (abort) => page.api.get<Schemas["Site"]>("site", {}, abort), () => 120); });
    }
    return answer;
  }, () => 30);
  const counting = new Counting(page, () => summary.refresh());

  function keepAddress(): void {
    keep("", { days: days === trendDays(null) ? undefined : String(days), ...Object.assign({}, ...breakdowns.map((b) => b.parameters)) });
    page.update();
  }

  function changeDays(chosen: number): void {
    days = chosen;
    history = undefined;
    keepAddress();
    void summary.refresh();
  }

  return {
    title: "Overview",
    render: () => summary.show(({ site, asOf, stale, scopes }) => site === undefined || asOf === undefined
      ? empty("There are no figures yet: the fleet has not been counted.", html`
        <p>The service counts it every few minutes. Figures need devices, and a policy that is deployed to a collection of them.</p>
        <p><a href=${link("new-policy")}>Create a policy</a>, deploy it, then count.</p>${counting.render()}`)
      : html`
        ${stale ? html`<p class="notice warning" role="status">These figures are out of date: the fleet was last counted ${ago(asOf)}, and should have been since.
          The warnings say what holds it up; the devices themselves may well be in order.</p>` : nothing}
        <div class="freshness"><p>As of <time datetime=${asOf}>${clock(asOf)}</time>, ${ago(asOf)}</p>${counting.render()}</div>
        ${renderWarnings(warnings)}
        <div class="site-figures">${guard([site], () => html`${onboardingStatus(site)}${health(site)}${others(site)}`)}</div>
        ${panel("Trend", html`${guard([history, site], () => trend(history, site, days))}`, chooseDays(days, changeDays))}
        <div class="breakdowns">${breakdowns.map((breakdown) => breakdown.render(scopes))}</div>`),
  };
};

/** Counts the fleet now, and follows it to its end. */
class Counting {
  private rollUp: Schemas["RollUp"] | undefined;
  private error: Error | undefined;
  private isRunning = false;

  constructor(private readonly page: Page, private readonly done: () => Promise<void>) {}

  render(): TemplateResult {
    const isAllowed = this.page.may("Health.Read", "Deployments.ReadWrite");
    return html`<div class="counting">
      <span role="status">${this.isRunning ? html`Counting… ${number(this.rollUp?.shardsDone ?? 0)} shards done` : nothing}</span>
      <button ?disabled=${!isAllowed} aria-disabled=${this.isRunning} @click=${() => { void this.run(); }}>Count now</button>
      ${isAllowed ? nothing : html`<small>Needs the role Health.Read or Deployments.ReadWrite.</small>`}
      ${this.error ? html`<div role="alert" class="notice danger">${this.error.message} ${problemDetails(this.error)}</div>` : nothing}</div>`;
  }

  private async run(): Promise<void> {
    if (this.isRunning) {
      return;
    }
    const { api, signal } = this.page;
    this.isRunning = true;
    this.rollUp = this.error = undefined;
    this.page.update();
    try {
      this.rollUp = await api.send<Schemas["RollUp"]>("POST", "health/rollup", { body: {}, signal });
      while (this.rollUp.state === "Running") {
        this.page.update();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        this.rollUp = await api.get<Schemas["RollUp"]>(`health/rollups/${this.rollUp.id}`, {}, signal);
      }
      if (this.rollUp.state === "Abandoned") {
        throw new Error("The count was given up: it took too long.");
      }
      await this.done();
      this.page.announce("The fleet has been counted.");
    } catch (error) {
      this.error = error as Error;
    }
    this.isRunning = false;
    this.page.update();
  }
}

function renderWarnings(site: Loaded<Schemas["Site"]> | undefined): TemplateResult {
  const warnings = site?.value?.warnings;
  const text = warnings === undefined ? (site?.error ? "not known" : "…") : warnings.length === 0 ? "none" : number(warnings.length);
  return html`<details class="panel warnings"><summary><h2>Warnings: ${text}</h2></summary>
    ${site?.error ? html`<p>${site.error.message}</p>` : nothing}
    ${warnings === undefined ? nothing : warnings.length === 0 ? html`<p>Everything that the service needs is in order.</p>`
      : html`<ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}</details>`;
}

function onboardingStatus(site: Figures): TemplateResult {
  const said = site.eligible === 0 ? "no eligible client has been reached" : `${number(site.onboarded)} of ${number(site.eligible)} eligible clients are onboarded`;
  return panel("Onboarding status", html`
    <div class="donut">
      <atp-chart role="img" aria-label=${`Onboarding status: ${percent(site.onboardingPercent)}; ${said}`} .option=${() => donut(site)}></atp-chart>
      <div class="donut-hole"><span class="big">${percent(site.onboardingPercent)}</span><span>onboarded</span></div>
    </div>
    <p class="donut-text">${site.eligible === 0
      ? "No data: no eligible client has been reached yet."
      : html`${count(site, figure("onboarded"))} of ${count(site, figure("eligible"))} eligible clients are onboarded`}</p>
    <p class="hint">Eligible: reached, by an onboarding policy that applies to it.</p>`);
}

function donut(site: Figures) {
  const part = (key: "onboarded" | "notOnboarded", name: string) => ({ name, value: site[key], itemStyle: { color: colour(key === "onboarded" ? "healthy" : "not-onboarded") } });
  return {
    series: [{
      type: "pie", radius: ["72%", "96%"], startAngle: 90, silent: true, label: { show: false },
      itemStyle: { borderColor: colour("surface"), borderWidth: 2 },
      data: site.eligible === 0 ? [{ value: 1, itemStyle: { color: colour("line") } }] : [part("onboarded", "Onboarded"), part("notOnboarded", "Not onboarded")],
    }],
  };
}

function health(site: Figures): TemplateResult {
  const all = [...agentHealth, neverReached];
  const share = (state: CountedState) => state === neverReached || site.eligible === 0 ? undefined : (100 * site[state.key]) / site.eligible;
  const said = all.map((state) => `${state.label} ${number(site[state.key])}`).join(", ");
  return panel("Agent health", html`
    <atp-chart class="health-chart" role="img" aria-label=${`Agent health: ${said}`} .option=${() => healthBars(site, all, share)}
      .pick=${(name: string) => { location.hash = devicesLink("site", all.find((state) => state.label === name)?.figure); }}></atp-chart>
    ${table("Agent health", [
      { name: "State", isHeader: true, cell: (state) => html`${swatch(state.colour)} ${state.label}<small>${state.meaning}</small>` },
      { name: "Devices", isNumber: true, cell: (state) => count(site, state) },
      { name: "Of eligible", isNumber: true, cell: (state) => state === neverReached ? "–" : percent(share(state)) },
    ], all)}`);
}

function healthBars(site: Figures, all: CountedState[], share: (state: CountedState) => number | undefined) {
  const text = { color: colour("text"), fontSize: textSize(0.85) };
  return {
    grid: { left: 0, right: textSize(8), top: 0, bottom: 0, containLabel: true },
    xAxis: { type: "value", show: false },
    yAxis: { type: "category", inverse: true, data: all.map((state) => state.label), axisLabel: text, axisTick: { show: false }, axisLine: { show: false } },
    series: [{
      type: "bar", barWidth: "62%", cursor: "pointer",
      data: all.map((state) => ({ value: site[state.key], itemStyle: { color: colour(state.colour), borderRadius: 2 } })),
      label: {
        show: true, position: "right", ...text,
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const state = all[dataIndex]!;
          const of = share(state);
          return `${number(site[state.key])}${of === undefined ? "" : ` (${percent(of)})`}`;
        },
      },
    }],
  };
}

/** What the onboarding status doesn't count. */
function others(site: Figures): TemplateResult {
  const held = agentHealth.reduce((sum, { key }) => sum + site[key], site.neverReached + site.offboarding);
  const notApplicable = site.targeted - held;
  const rows = [
    ...(["devices", "targeted", "notTargeted", "offboarding"] as const).map(figure),
    { label: "Policy doesn't apply", meaning: "Targeted, but not supported, without a workspace, or by a file that expired." },
    ...(["fileSamplesDrifted", "onOldEnrollmentKey"] as const).map(figure),
  ].filter((row) => "key" in row ? site[row.key] > 0 || row.key === "devices" || row.key === "targeted" : notApplicable > 0);
  return panel("All devices", table("All devices", [
    { name: "Figure", isHeader: true, cell: ({ label, meaning }) => html`${label}<small>${meaning}</small>` },
    { name: "Devices", isNumber: true, cell: (row) => "key" in row ? count(site, row) : number(notApplicable) },
  ], rows));
}

function figure(key: Counted["key"]): Counted {
  return figures.find((counted) => counted.key === key)!;
}
