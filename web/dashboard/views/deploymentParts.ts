import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { Schemas } from "../api";
import { confirm } from "../confirm";
import { ago, count, number, time } from "../format";
import type { Page } from "../page";
import { badge, describedBy, field } from "../parts";
import { link } from "../router";
import { statusLabels } from "./badges";
import "./deployments.css";

export type Deployment = Schemas["Deployment"];

/** In the order in which they are shown, each with the name of its figure. */
const statuses: [keyof Omit<Schemas["Statuses"], "asOf">, Schemas["AssignmentStatus"]][] = [
  ["success", "Success"],
  ["inProgress", "InProgress"],
  ["error", "Error"],
  ["requirementsNotMet", "RequirementsNotMet"],
  ["unknown", "Unknown"],
  ["superseded", "Superseded"],
];

export function policyName(deployment: Deployment): string {
  return deployment.policyName ?? `policy ${deployment.policyId}`;
}

export function stateBadge({ state }: Deployment): TemplateResult {
  return badge(state, state === "Placing" ? "busy" : state === "Active" ? "good" : "");
}

/** How far the fan-out is, live; then what it placed; or why the deployment ended. */
export function progress(deployment: Deployment): TemplateResult {
  const { shards, shardsDone, devices } = deployment.progress;
  if (deployment.state === "Ended") {
    return html`<p>Ended by ${deployment.endedBy} ${ago(deployment.endedAt!)}: ${deployment.endReason}</p>`;
  }
  const placed = count(devices, "device");
  return deployment.state === "Active" ? html`<p>${placed} placed</p>`
    : html`<p>${placed} placed; ${number(shardsDone)} of ${count(shards, "shard")} done</p>
      <progress max=${shards} .value=${shardsDone} aria-label="Shards done"></progress>`;
}

/** Shares of a whole, each by the class of its colour; the figures stand beside it. */
export function statusBar(parts: [string, number][]): TemplateResult {
  const total = parts.reduce((sum, [, devices]) => sum + devices, 0);
  let from = 0;
  return html`<svg class="status-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">${total === 0 ? nothing : parts.map(([status, devices]) => {
    const width = (100 * devices) / total;
    from += width;
    return svg`<rect class=${status} x=${from - width} width=${width} height="1"></rect>`;
  })}</svg>`;
}

/** As of the last roll-up; each count leads to its devices while the deployment is in force. */
export function statusCounts({ id, state, statuses: counted }: Deployment): TemplateResult {
  if (counted === undefined) {
    return html`<p class="muted">No statuses yet: the next roll-up counts them.</p>`;
  }
  return html`${statusBar(statuses.map(([figure]) => [figure, counted[figure]]))}
    <ul class="statuses">${statuses.map(([figure, status]) => {
      const text = html`${statusLabels[status]} <b>${number(counted[figure])}</b>`;
      return html`<li><span class=${`swatch ${figure}`} aria-hidden="true"></span>
        ${state === "Ended" ? html`<span>${text}</span>` : html`<a href=${link("devices", { deploymentId: id, status })}>${text}</a>`}</li>`;
    })}</ul>
    <p class="muted"><small>As of ${time(counted.asOf)}, ${ago(counted.asOf)}</small></p>`;
}

/** Asks for the reason, and ends it. */
export function askToEnd(page: Page, deployment: Deployment, ended: () => Promise<void>): void {
  confirm(page, {
    title: `End the deployment of ${policyName(deployment)}?`,
    content: html`<p>It targets nobody any more. Devices keep what was applied; a deployment that has ended can't be taken up again.</p>
      ${field("reason", "Reason", {}, html`<input type="text" id="reason" name="reason" required maxlength="256" autocomplete="off"
        aria-describedby=${describedBy("reason")}>`, "For the audit and for whoever looks at this deployment.")}`,
    action: "End deployment",
    isDangerous: true,
  }, async (entered) => {
    await page.api.send("POST", `deployments/${deployment.id}/end`, { body: { reason: entered.get("reason") } });
    page.announce("The deployment has ended.");
    await ended();
  });
}
