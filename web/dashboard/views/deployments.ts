import { html, nothing } from "lit-html";
import type { Schemas } from "../api";
import { ago, time } from "../format";
import { empty, Loaded, type CreateView } from "../page";
import { badge, pager, tabs, warnings } from "../parts";
import { link } from "../router";
import { policyName, progress, stateBadge, statusCounts, type Deployment } from "./deploymentParts";

/** Deployments in force, those being placed first; or those that have ended. */
export const createDeployments: CreateView = (page, parameters) => {
  const ended = parameters.get("ended") === "true";
  const continuation = parameters.get("continuation") ?? undefined;
  const list = new Loaded(page,
    (signal) => page.api.get<{ value: Deployment[]; nextLink?: Schemas["NextLink"] }>("deployments", { ended, details: true, pageSize: 25, continuation }, signal),
    ({ value }) => (value.some(({ state }) => state === "Placing") ? 2 : 15));
  return {
    title: "Deployments",
    render: () => html`
      ${tabs("Which deployments", [["In force", link("deployments"), !ended], ["Ended", link("deployments", { ended: "true" }), ended]])}
      ${page.may("Deployments.ReadWrite") ? html`<p class="actions"><a class="button primary" href=${link("deploy")}>Deploy a policy</a></p>` : nothing}
      ${list.show(({ value, nextLink }) => value.length === 0
        ? empty(ended ? "No deployment has ended yet." : "No policy is deployed.")
        : html`<ul class="deployments">${[...value].sort((a, b) => Number(b.state === "Placing") - Number(a.state === "Placing")).map(item)}</ul>
          ${pager("deployments", { ended: ended ? "true" : undefined, continuation }, nextLink)}`)}`,
  };
};

function item(deployment: Deployment) {
  return html`<li class="panel deployment">
    <div><h2><a href=${link("deployment", { id: deployment.id })}>${policyName(deployment)}</a></h2>
      <p>${deployment.policyKind} to ${deployment.collectionNames.join(", ")}</p>
      <p class="muted"><small>Created by ${deployment.createdBy} <span title=${time(deployment.createdAt)}>${ago(deployment.createdAt)}</span></small></p></div>
    <div><p>${stateBadge(deployment)} ${deployment.warnings.length === 0 ? nothing : badge("Warning", "warning")}</p>
      ${progress(deployment)}${warnings(deployment.warnings)}</div>
    <div>${statusCounts(deployment)}</div>
  </li>`;
}
