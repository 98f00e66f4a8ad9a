import "./devices.css";
import { html, nothing, type TemplateResult } from "lit-html";
import { Problem, type Schemas } from "../api";
import { figureOf, figures, scopeName, type Figures } from "../figures";
import { ago, clock, count, number, time } from "../format";
import { empty, Loaded, problemDetails, type CreateView, type Page } from "../page";
import { table } from "../parts";
import { go, link } from "../router";
import { healthBadge, statusBadge, statusLabels } from "./badges";

type Device = Schemas["Device"];

/** A page of the list may be short or empty and have another behind it: pages are read until there is something to look at. */
const wantedAtOnce = 100;
const pagesAtOnce = 10;

const filters = ["scope", "health", "deploymentId", "status", "name", "retired"] as const;
type Filter = Partial<Record<(typeof filters)[number], string>>;

/** The devices behind a figure or a status, or those of a name. */
export const createDevices: CreateView = (page, parameters) => {
  const filter: Filter = Object.fromEntries(filters.map((name) => [name, parameters.get(name) ?? ""]).filter(([, value]) => value !== ""));
  const list = new DeviceList(page, filter);
  const about = new Loaded(page, (signal) => explain(page, filter, signal));
  return {
    title: "Devices",
    render: () => html`
      ${list.first.error instanceof Problem && list.first.error.status === 403 ? nothing : filterForm(filter, about.value)}
      ${list.isSearching ? list.render(about.value) : list.first.show(() => list.render(about.value))}`,
  };
};

/** Pages of devices, one behind the other. */
class DeviceList {
  readonly first: Loaded<readonly Device[]>;
  private readonly devices: Device[] = [];
  private nextLink: string | undefined;
  private error: Error | undefined;
  private isLoading = false;

  constructor(private readonly page: Page, private readonly filter: Filter) {
    this.first = new Loaded(page, () => this.read());
  }

  /** There is something to show before the first pages are all there. */
  get isSearching(): boolean {
    return this.isLoading && this.nextLink !== undefined && this.first.value === undefined;
  }

  render(about: About | undefined): TemplateResult {
    const amount = this.devices.length;
    if (amount === 0 && this.nextLink === undefined) {
      return empty(Object.keys(this.filter).length === 0 ? "There are no devices yet." : "No device is like this now.",
        about?.total === undefined || about.total === 0 ? nothing : html`<p>${number(about.total)} were, as of ${clock(about.asOf!)}.</p>`);
    }
    const known = about?.total !== undefined && about.total >= amount && this.nextLink !== undefined
      ? ` of ${number(about.total)}, as of ${clock(about.asOf!)}` : this.nextLink === undefined ? ", which are all" : "";
    return html`<section class="panel">
      <p class="shown" role="status">${count(amount, "device")}${known}.${this.isLoading ? " Searching…" : amount === 0 ? " A part of the fleet has been searched." : ""}</p>
      ${amount === 0 ? nothing : deviceTable(this.devices)}
      ${this.error ? html`<div class="notice danger" role="alert">${this.error.message} ${problemDetails(this.error)}</div>` : nothing}
      ${this.nextLink === undefined ? nothing : html`<button class="more" aria-disabled=${this.isLoading} @click=${() => { void this.more(); }}>${
        amount === 0 ? "Search on" : "Show more devices"}</button>`}
    </section>`;
  }

  private async more(): Promise<void> {
    if (this.isLoading || this.nextLink === undefined) {
      return;
    }
    const before = this.devices.length;
    this.error = undefined;
    try {
      const reading = this.read();
      this.page.update();
      await reading;
    } catch (error) {
      this.error = error as Error;
    }
    this.page.update();
    this.page.announce(`${count(this.devices.length - before, "more device")}.`);
    if (this.nextLink === undefined) {
      // The button that had the focus is gone.
      document.querySelectorAll<HTMLElement>(".devices tbody th a")[Math.min(before, this.devices.length - 1)]?.focus();
    }
  }

  /** Goes on from where it is, also after it failed. */
  private async read(): Promise<readonly Device[]> {
    const { api, signal } = this.page;
    const end = this.devices.length + wantedAtOnce;
    let pages = 0;
    this.isLoading = true;
    try {
      do {
        const answer = this.nextLink === undefined
          ? await api.get<Schemas["DeviceList"]>("devices", this.filter, signal)
          : await api.get<Schemas["DeviceList"]>(this.nextLink, {}, signal);
        this.devices.push(...answer.value);
        this.nextLink = answer.nextLink;
        this.page.update();
      } while (this.nextLink !== undefined && ++pages < pagesAtOnce && this.devices.length < end);
    } finally {
      this.isLoading = false;
    }
    return this.devices;
  }
}

function deviceTable(devices: readonly Device[]): TemplateResult {
  return html`<div class="devices">${table("Devices", [
    { name: "Device", isHeader: true, cell: (device) => html`<a href=${link("device", { id: device.id })}>${device.name}</a>${
      device.name.toLowerCase() === device.id ? nothing : html`<small>${device.id}</small>`}` },
    { name: "Operating system", cell: (device) => device.operatingSystem },
    { name: "Health", cell: (device) => healthBadge(device) },
    { name: "Status", cell: (device) => device.targets[0] ? html`${statusBadge(device.targets[0].status)} <small>${device.targets[0].policyName}</small>` : html`<span class="none">Not targeted</span>` },
    { name: "Last seen", cell: (device) => device.lastSeen === undefined ? html`<span class="none">never</span>` : html`<time datetime=${device.lastSeen} title=${time(device.lastSeen)}>${ago(device.lastSeen)}</time>` },
  ], devices)}</div>`;
}

/** What a filter names, and how many devices the last figures had there. */
interface About {
  scopeName?: string | undefined;
  deploymentName?: string | undefined;
  total?: number | undefined;
  asOf?: string | undefined;
}

/** Only says more: a list is as good without it. */
async function explain(page: Page, filter: Filter, signal: AbortSignal): Promise<About> {
  try {
    if (filter.deploymentId !== undefined) {
      const deployment = await page.api.get<Schemas["Deployment"]>(`deployments/${encodeURIComponent(filter.deploymentId)}`, {}, signal);
      const policy = await page.api.get<Schemas["Policy"]>(`policies/${encodeURIComponent(deployment.policyId)}`, {}, signal);
      const { asOf, ...statuses } = deployment.statuses ?? { asOf: undefined };
      const byStatus = Object.entries(statuses).filter(([name]) => filter.status === undefined || name.toLowerCase() === filter.status.toLowerCase());
      const isWhole = filter.scope === undefined && filter.health === undefined && filter.name === undefined && filter.retired === undefined && byStatus.length > 0;
      return { deploymentName: policy.name, asOf, total: isWhole ? byStatus.reduce((sum, [, amount]) => sum + amount, 0) : undefined };
    }
    const scope = filter.scope ?? "site";
    const hours = await page.api.get<Schemas["FiguresList"]>("health/history", { scope, from: new Date(Date.now() - 2 * 3_600_000).toISOString() }, signal);
    const newest: Figures | undefined = hours.value.at(-1);
    const counted = filter.health === undefined ? figures[0]! : figureOf(filter.health);
    const isWhole = newest && counted && filter.name === undefined && filter.retired === undefined;
    return { scopeName: newest?.name, asOf: newest?.asOf, total: isWhole ? newest[counted.key] : undefined };
  } catch (error) {
    if (error instanceof Problem) {
      return {};
    }
    throw error;
  }
}

function filterForm(filter: Filter, about: About | undefined): TemplateResult {
  const without = (...names: (keyof Filter)[]) => link("devices", { ...filter, ...Object.fromEntries(names.map((name) => [name, undefined])) });
  const chip = (text: string, away: string) => html`<li>${text} <a href=${away} aria-label=${`Without ${text}`}>✕</a></li>`;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const given = (name: string) => String(form.get(name) ?? "").trim();
    go("devices", { ...filter, name: given("name"), health: given("health"), ...(filter.deploymentId === undefined ? {} : { status: given("status") }), retired: form.has("retired") ? "true" : undefined });
  };
  return html`<form class="panel filters" aria-label="Filter devices" @submit=${submit}>
    <label>Name <input name="name" type="search" maxlength="256" placeholder="PC-*" aria-describedby="pattern" .value=${filter.name ?? ""}></label>
    <label>Figure <select name="health"><option value="">Any</option>${figures.filter(({ figure }) => figure !== undefined).map(({ figure, label }) =>
      html`<option value=${figure!} .selected=${figure!.toLowerCase() === filter.health?.toLowerCase()}>${label}</option>`)}</select></label>
    ${filter.deploymentId === undefined ? nothing : html`<label>Status <select name="status"><option value="">Any</option>${Object.entries(statusLabels).map(([status, label]) =>
      html`<option value=${status} .selected=${status.toLowerCase() === filter.status?.toLowerCase()}>${label}</option>`)}</select></label>`}
    <label class="check"><input type="checkbox" name="retired" .checked=${filter.retired === "true"}> Retired ones</label>
    <button class="primary">Search</button>
    <p id="pattern" class="hint">The whole name, in any case: * stands for any characters, ? for one.</p>
    ${filter.scope === undefined && filter.deploymentId === undefined ? nothing : html`<ul class="chips" aria-label="Also">
      ${filter.scope === undefined ? nothing : chip(scopeText(filter.scope, about?.scopeName), without("scope"))}
      ${filter.deploymentId === undefined ? nothing : chip(`Deployment of ${about?.deploymentName ?? filter.deploymentId}`, without("deploymentId", "status"))}</ul>`}
  </form>`;
}

const scopeKinds: Record<string, string> = { platform: "Platform", os: "Operating system", collection: "Collection", deployment: "Deployment of", organisation: "Organisation" };

function scopeText(scope: string, name: string | undefined): string {
  const [kind, key] = [scope.slice(0, scope.indexOf("!")), scope.slice(scope.indexOf("!") + 1)];
  return `${scopeKinds[kind] ?? ""} ${scopeName({ scope, name: name ?? key })}`.trim();
}
