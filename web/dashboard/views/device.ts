import "./device.css";
import { html, nothing, type TemplateResult } from "lit-html";
import type { Schemas } from "../api";
import { confirm } from "../confirm";
import { ago, count, time } from "../format";
import { Loaded, type CreateView, type Page } from "../page";
import { facts, panel, table } from "../parts";
import { devicesLink, platforms } from "../figures";
import { link } from "../router";
import { healthBadge, statusBadge } from "./badges";

type Device = Schemas["Device"];
type Target = Schemas["Target"];

/** Why one device is where it is. */
export const createDevice: CreateView = (page, parameters) => {
  const id = parameters.get("id") ?? "";
  const path = `devices/${encodeURIComponent(id)}`;
  let names: Loaded<Map<string, string>> | undefined;
  const device = new Loaded(page, async (signal) => {
    const value = await page.api.get<Device>(path, {}, signal);
    names ??= new Loaded(page, (abort) => collectionNames(page, abort));
    return value;
  }, () => 15);
  return {
    get title() { return device.value?.name ?? (id || "Device"); },
    render: () => device.show((value) => {
      const [holder, ...others] = value.targets;
      return html`
        ${why(value, holder)}
        <div class="columns">
          ${holder ? panel("Policy that holds it", target(holder)) : nothing}
          ${panel("Last report", lastReport(value))}
          ${panel("Inventory", inventory(value))}
          ${panel("Collections", collections(value, names?.value))}
          ${panel("Enrollment", html`${enrollment(value)}${actions(page, path, value, () => device.refresh())}`)}
        </div>
        ${others.length === 0 ? nothing : panel("Superseded deployments", supersededTable(others))}
        ${value.targets.some(({ deliveries }) => deliveries?.length) ? panel("Deliveries", deliveries(value.targets)) : nothing}`;
    }),
  };
};

/** Of those whom the person may see; others keep their ids. */
async function collectionNames(page: Page, signal: AbortSignal): Promise<Map<string, string>> {
  const answer = await page.api.get<Schemas["CollectionSummaryList"]>("collections", { pageSize: 1000 }, signal);
  return new Map(answer.value.map(({ id, name }) => [id, name]));
}

/** In a sentence or two, and what to do. */
function why(device: Device, holder: Target | undefined): TemplateResult {
  const messages = [
    device.retirementMessage,
    device.blocked ? { text: "Blocked: it can't check in, download or report.", whatToDo: "Unblock it, if it may come in." } : undefined,
    device.healthMessage,
    holder?.message,
    !device.retirement && !holder
      ? { text: "Not targeted: no live deployment is to a collection that it is in.", whatToDo: "Deploy a policy to one of its collections, or put it into a collection that has one." } : undefined,
    device.fileSamplesMessage,
    device.onOldEnrollmentKey ? { text: "Its key is under an enrollment key that is not the newest.", whatToDo: "It gets a new one with its next check-in; once the old one was retired, enroll it again." } : undefined,
  ].filter((message) => message !== undefined);
  return html`<section class="panel why" aria-label="Why it is where it is"><p class="state-now"><span>Health: ${healthBadge(device)}</span>
    ${holder ? html`<span>Status: ${statusBadge(holder.status)}</span>` : nothing} <small>${device.id}, ${device.operatingSystem}, last seen ${device.lastSeen === undefined ? "never" : ago(device.lastSeen)}</small></p>
    ${messages.map(message)}</section>`;
}

function message({ text, whatToDo }: Schemas["StatusMessage"]): TemplateResult {
  return html`<p class="message">${text}${whatToDo === undefined ? nothing : html` <span class="what-to-do">${whatToDo}</span>`}</p>`;
}

const applicabilities: Record<Schemas["Applicability"], string> = {
  DeliverFile: "It gets the configuration file.",
  DeliverWorkspace: "It gets the workspace, and the Microsoft Monitoring Agent when it is missing.",
  RemoveMonitoringAgent: "The Microsoft Monitoring Agent is removed.",
  WorkspaceMissing: "It needs a workspace, and the policy has none.",
  NotSupported: "Its operating system can't be managed by this site.",
  Expired: "The offboarding file is past its own date.",
};

function target(holder: Target): TemplateResult {
  return facts([
    ["Policy", html`<a href=${link("policy", { id: holder.policyId })}>${holder.policyName}</a>`],
    ["Kind", `${holder.kind}, order ${holder.order}, revision ${holder.revision}`],
    ["Deployment", html`<a href=${link("deployment", { id: holder.deploymentId })}>of ${time(holder.deployedAt)}</a>`],
    ["What it means for this device", applicabilities[holder.applicability]],
    ["Placed", time(holder.placedAt)],
    ["Fetched", holder.fetchedAt === undefined ? "never" : `${time(holder.fetchedAt)}, revision ${holder.fetchedRevision}`],
    ["Reported", holder.reportedAt === undefined ? "never" : `${time(holder.reportedAt)}, revision ${holder.reportedRevision}`],
    ["Error code", holder.errorCode],
  ]);
}

function supersededTable(targets: readonly Target[]): TemplateResult {
  return table("Superseded deployments", [
    { name: "Policy", isHeader: true, cell: (of) => html`<a href=${link("policy", { id: of.policyId })}>${of.policyName}</a>` },
    { name: "Kind", cell: (of) => of.kind },
    { name: "Order", isNumber: true, cell: (of) => of.order },
    { name: "Deployed", cell: (of) => html`<a href=${link("deployment", { id: of.deploymentId })}>${time(of.deployedAt)}</a>` },
    { name: "Why it doesn't hold the device", cell: (of) => message(of.message) },
  ], targets);
}

function deliveries(targets: readonly Target[]): TemplateResult {
  const all = targets.flatMap((of) => (of.deliveries ?? []).map((delivery) => ({ of, delivery })))
    .sort((left, right) => right.delivery.at.localeCompare(left.delivery.at));
  const again = targets.filter(({ redeliveries }) => redeliveries > 0);
  return html`${table("Deliveries", [
    { name: "Taken", isHeader: true, cell: ({ delivery }) => time(delivery.at) },
    { name: "Policy", cell: ({ of }) => of.policyName },
    { name: "Revision", isNumber: true, cell: ({ delivery }) => delivery.revision },
    { name: "SHA-256 of the file", cell: ({ delivery }) => delivery.fileSha256 === undefined ? "–" : html`<code>${delivery.fileSha256}</code>` },
    { name: "Workspace", cell: ({ delivery }) => delivery.workspace === undefined ? "–" : html`<code>${delivery.workspace}</code>` },
  ], all)}${again.map((of) => html`<p class="hint">It downloaded what ${of.policyName} had given it before ${count(of.redeliveries, "more time")}${
    of.redeliveredAt === undefined ? "" : `, last at ${time(of.redeliveredAt)}`}.</p>`)}`;
}

function lastReport({ lastReport: report }: Device): TemplateResult {
  if (report === undefined) {
    return html`<p class="hint">It has sent no report yet.</p>`;
  }
  return facts([
    ["Reported", html`${time(report.reportedAt)}<small>By the device's own clock, ${ago(report.reportedAt)}.</small>`],
    ["Onboarding state", html`${report.onboardingState}: ${report.onboardingState === 1 ? "onboarded" : "not onboarded"}<small>OnboardingState: 1 is onboarded.</small>`],
    ["Agent's service", html`${report.senseIsRunning ? "Running" : "Not running"}<small>SenseIsRunning: the Windows service Sense.</small>`],
    ["Last connected", html`${time(report.lastConnected)}<small>LastConnected: the agent's last contact with Microsoft Defender ATP.</small>`],
    ["Organisation", html`${report.onboardedTo === undefined ? report.orgId ?? "not said" : html`<a href=${devicesLink(`organisation!${report.onboardedTo}`)}>${report.onboardedTo}</a>`}<small>OrgId: that it is onboarded to.</small>`],
    ["File samples", html`${report.fileSamples === undefined ? "not said" : report.fileSamples === "None" ? "None" : "All file types"}<small>SampleSharing: what it shares.</small>`],
  ]);
}

const productTypes: Record<number, string> = { 1: "workstation", 2: "domain controller", 3: "server" };

function inventory(device: Device): TemplateResult {
  return facts([
    ["Name", device.name],
    ["Device id", device.id],
    ["Operating system", html`<a href=${devicesLink(`os!${device.operatingSystem}`)}>${device.operatingSystem}</a>`],
    ["Platform", platforms[device.platform] ?? device.platform],
    ["Build", String(device.build)],
    ["Product type", `${device.productType}: ${productTypes[device.productType] ?? "not known"}`],
    ["SKU", String(device.sku)],
    ["Tags", device.tags.join(", ") || "none"],
    ["Microsoft Monitoring Agent", device.monitoringAgentVersion ?? (device.platform === "DownLevel" ? "not installed" : undefined)],
    ["Defender client", device.defenderClientVersion ?? (device.downLevelAgent === "DefenderClient" ? "not installed" : undefined)],
    ["Agent by client setting", device.downLevelAgent === undefined ? undefined : device.downLevelAgent === "MonitoringAgent" ? "Microsoft Monitoring Agent" : "Defender client"],
  ]);
}

function collections(device: Device, names: Map<string, string> | undefined): TemplateResult {
  return device.collections.length === 0 ? html`<p class="hint">It is in no collection.</p>` : html`<ul class="plain">${device.collections.map((id) =>
    html`<li><a href=${devicesLink(`collection!${id}`)}>${names?.get(id) ?? id}</a>${device.directCollections.includes(id) ? html` <small>direct member</small>` : nothing}</li>`)}</ul>`;
}

function enrollment(device: Device): TemplateResult {
  return facts([
    ["Enrolled", device.enrolled ? "yes" : "no: it has no key yet"],
    ["Its key", !device.enrolled ? undefined : device.onOldEnrollmentKey ? "under an old enrollment key" : "under the newest enrollment key"],
    ["Blocked", device.blocked ? "yes" : "no"],
    ["Last seen", html`${time(device.lastSeen)}<small>At most half a day behind the real check-in.</small>`],
    ["Retired", device.retirement === undefined ? undefined : html`${time(device.retirement.at)}<small>${device.retirement.reason}</small>`],
    ["Replaced by", device.retirement?.replacedBy === undefined ? undefined : html`<a href=${link("device", { id: device.retirement.replacedBy })}>${device.retirement.replacedBy}</a>`],
  ]);
}

/** What an administrator does with a device; each is asked about first, but for what takes nothing away. */
function actions(page: Page, path: string, device: Device, done: () => Promise<void>): TemplateResult {
  const isAllowed = page.may("Devices.ReadWrite");
  const send = async (action: string, body: unknown, said: string) => {
    await page.api.send("POST", `${path}/${action}`, body === undefined ? {} : { body });
    await done();
    page.announce(said);
  };
  const button = (label: string, title: string, explanation: string, run: (entered: FormData) => Promise<void>, fields: TemplateResult | typeof nothing = nothing) =>
    html`<button ?disabled=${!isAllowed} @click=${() => confirm(page, { title, content: html`<p>${explanation}</p>${fields}`, action: label }, run)}>${label}</button>`;
  return html`<div class="actions">
    ${device.blocked
      ? button("Unblock", `Unblock ${device.name}?`, "It may check in, download and report again.", () => send("unblock", undefined, "The device may come in again."))
      : button("Block", `Block ${device.name}?`, "It can't check in, download or report until it is unblocked.", () => send("block", undefined, "The device is blocked."))}
    ${device.retirement
      ? button("Reinstate", `Reinstate ${device.name}?`, "It is in use again, as it was.", () => send("reinstate", undefined, "The device is in use again."))
      : button("Retire", `Retire ${device.name}?`, "Nothing targets or counts it any more, and it can't check in. It can be reinstated.",
          (entered) => send("retire", { reason: String(entered.get("reason")).trim() }, "The device is retired."),
          html`<label>Reason <input name="reason" required maxlength="256"></label>`)}</div>
    ${isAllowed ? nothing : html`<p class="hint">Changing a device needs the role Devices.ReadWrite.</p>`}`;
}
