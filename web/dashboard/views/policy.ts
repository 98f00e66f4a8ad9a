import { html, nothing, type TemplateResult } from "lit-html";
import type { Schemas } from "../api";
import { confirm } from "../confirm";
import { ago, count, number, time } from "../format";
import { Action, empty, Loaded, type CreateView } from "../page";
import { facts, panel, table, warnings } from "../parts";
import { go, link } from "../router";
import { stateBadge, type Deployment } from "./deploymentParts";
import { daysLeft, fileSamples, workspace, type Policy, type PolicyRevision } from "./policyParts";

const deploymentsShown = 20;

interface Loading {
  policy: Policy;
  revisions: PolicyRevision[];
  deployments: Deployment[];
  hasMore: boolean;
}

/** Everything of one policy, and what can be done with it. */
export const createPolicy: CreateView = (page, parameters) => {
  const id = parameters.get("id") ?? "";
  const isNew = parameters.get("created") === "true";
  if (id === "") {
    return { title: "Policy", render: () => empty("Which policy? Choose one from the list.", html`<a href=${link("policies")}>Policies</a>`) };
  }

  const path = `policies/${encodeURIComponent(id)}`;
  const loaded = new Loaded<Loading>(page, async (signal) => {
    const [policy, revisions, deployments] = await Promise.all([
      page.api.get<Policy>(path, {}, signal),
      page.api.get<Schemas["PolicyRevisionList"]>(`${path}/revisions`, { pageSize: 1000 }, signal),
      page.api.get<{ value: Deployment[]; nextLink?: string }>("deployments", { policyId: id, details: true, pageSize: deploymentsShown }, signal),
    ]);
    return { policy, revisions: revisions.value, deployments: deployments.value, hasMore: deployments.nextLink !== undefined };
  }, () => 30);
  const moving = new Action(page);

  /** Shows what a move would change before it is made. */
  const move = (policy: Policy, way: Schemas["OrderMove"]) => moving.run(async () => {
    const preview = await page.api.send<Schemas["OrderPreview"]>("POST", `${path}/order/preview`, { body: { move: way } });
    const repeatabilityRequestId = crypto.randomUUID();
    confirm(page, {
      title: `Move ${policy.name} ${way === "Increase" ? "up" : "down"}?`,
      content: orderPreview(preview),
      action: "Move policy",
    }, async () => {
      await page.api.send("POST", `${path}/order`, { body: { move: way }, ifMatch: `"${policy.revision}"`, repeatabilityRequestId });
      page.announce("The policy has moved.");
      await loaded.refresh();
    });
  });

  const remove = (policy: Policy) => confirm(page, {
    title: `Delete ${policy.name}?`,
    content: html`<p>A policy that is deployed can't be deleted: end its deployments first. A deleted one can be recovered for some days, with its file and key.</p>`,
    action: "Delete policy",
    isDangerous: true,
  }, async () => {
    await page.api.send("DELETE", path, { ifMatch: `"${policy.revision}"` });
    page.announce(`${policy.name} is deleted.`);
    go("policies", { deleted: "true" });
  });

  const actions = (policy: Policy) => html`<div class="actions">
      ${page.may("Deployments.ReadWrite") ? html`<a class="button primary" href=${link("deploy", { policyId: id })}>Deploy this policy</a>`
        : html`<span class="muted">Deploying it needs the role Deployments.ReadWrite.</span>`}
      ${page.may("Policies.ReadWrite") ? html`
        <button ?disabled=${moving.busy} @click=${() => move(policy, "Increase")}>Move up in the order</button>
        <button ?disabled=${moving.busy} @click=${() => move(policy, "Decrease")}>Move down in the order</button>
        <button class="danger" @click=${() => remove(policy)}>Delete this policy</button>`
        : html`<span class="muted">Changing it needs the role Policies.ReadWrite.</span>`}
    </div>${moving.showError()}`;

  return {
    get title() { return loaded.value?.policy.name ?? "Policy"; },
    render: () => loaded.show(({ policy, revisions, deployments, hasMore }) => html`
      ${isNew ? html`<p class="notice good" role="status">The policy was created. No device gets it before it is deployed.</p>` : nothing}
      ${warnings(policy.warnings)}
      ${actions(policy)}
      ${panel("Facts", facts([
        ["Kind", policy.kind],
        ["Order", html`${policy.order} <small class="muted">the lowest wins</small>`],
        ["Description", policy.description],
        ["File samples", fileSamples(policy.fileSamples)],
        ["Workspace", workspace(policy)],
        ["Revision", policy.revision],
        ["Changed", `${time(policy.createdAt)}, ${ago(policy.createdAt)}`],
        ["Changed by", policy.createdBy],
        ["Id", html`<code>${policy.id}</code>`],
      ]))}
      ${panel("Configuration file", facts([
        ["Days left", daysLeft(policy)],
        ["Expires", policy.configurationFile.expiresAt && time(policy.configurationFile.expiresAt)],
        ["Organisation", html`<code>${policy.configurationFile.orgId}</code>`],
        ["Version", policy.configurationFile.version],
        ["File", `${policy.configurationFile.fileName}, ${count(policy.configurationFile.length, "byte")}`],
        ["SHA-256", html`<code>${policy.configurationFile.sha256}</code>`],
        ["Package", policy.configurationFile.packageGuid],
      ]))}
      ${panel("Deployments", deployments.length === 0 ? html`<p class="muted">It was never deployed.</p>` : html`
        ${table("Deployments of this policy", [
          { name: "Collections", cell: (d) => html`<a href=${link("deployment", { id: d.id })}>${d.collectionNames.join(", ")}</a>` },
          { name: "State", cell: stateBadge },
          { name: "Devices placed", cell: (d) => number(d.progress.devices), isNumber: true },
          { name: "Success", cell: (d) => (d.statuses === undefined ? "no data" : number(d.statuses.success)), isNumber: true },
          { name: "Error", cell: (d) => (d.statuses === undefined ? "no data" : number(d.statuses.error)), isNumber: true },
          { name: "Created", cell: (d) => html`${time(d.createdAt)}<br><small class="muted">by ${d.createdBy}</small>` },
        ], deployments)}
        ${hasMore ? html`<p class="muted">The newest ${deploymentsShown}. <a href=${link("deployments")}>All deployments</a></p>` : nothing}`)}
      ${panel("Revisions", table("Revisions of this policy", [
        { name: "Revision", cell: (r) => r.revision, isNumber: true },
        { name: "What", cell: (r) => changes(r, revisions.find(({ revision }) => revision === r.revision - 1)) },
        { name: "When", cell: (r) => time(r.createdAt) },
        { name: "Who", cell: (r) => r.createdBy },
      ], [...revisions].reverse()))}`),
  };
};

/** What a revision changed, as far as it may be told. */
function changes(after: PolicyRevision, before: PolicyRevision | undefined): TemplateResult | string {
  if (before === undefined) {
    return after.revision === 1 ? "Created" : "";
  }
  const changed = [
    before.name !== after.name && `name, from ${before.name}`,
    before.description !== after.description && "description",
    before.configurationFile.sha256 !== after.configurationFile.sha256 && `configuration file, version ${after.configurationFile.version}`,
    before.workspace?.id !== after.workspace?.id && (after.workspace === undefined ? "workspace removed" : "workspace"),
    before.fileSamples !== after.fileSamples && `file samples: ${fileSamples(after.fileSamples)}`,
  ].filter((change) => change !== false);
  return changed.length === 0 ? "Order or Workspace key" : changed.join("; ");
}

function orderPreview({ orders, devices, newlyFailing, noLongerFailing, changes: listed, changesNotListed }: Schemas["OrderPreview"]): TemplateResult {
  return html`
    ${table("New order", [
      { name: "Policy", cell: (o) => o.policyName },
      { name: "Order now", cell: (o) => o.from, isNumber: true },
      { name: "Then", cell: (o) => o.to, isNumber: true },
    ], orders)}
    <p>${devices === 0 ? "No device would be held by another deployment." : html`<b>${count(devices, "device")}</b> would be held by another deployment.`}
      ${newlyFailing === 0 ? nothing : html`On <b>${number(newlyFailing)}</b> of them the new policy would fail.`}
      ${noLongerFailing === 0 ? nothing : html`On <b>${number(noLongerFailing)}</b> of them the present policy fails and the new one would not.`}</p>
    ${listed.length === 0 ? nothing : table("Devices that would change hands", [
      { name: "From", cell: (c) => c.from.policyName },
      { name: "To", cell: (c) => c.to.policyName },
      { name: "Devices", cell: (c) => number(c.devices), isNumber: true },
      { name: "For example", cell: (c) => c.sample.map(({ deviceId, name }) => name ?? deviceId).join(", ") },
    ], listed)}
    ${changesNotListed === 0 ? nothing : html`<p class="muted">And ${count(changesNotListed, "more pair")} of deployments.</p>`}`;
}
