import { html, nothing } from "lit-html";
import type { Schemas } from "../api";
import { confirm } from "../confirm";
import { ago, count, time } from "../format";
import { empty, Loaded, type CreateView } from "../page";
import { badge, pager, table, tabs, type Column } from "../parts";
import { go, link } from "../router";
import { daysLeft, sha256, workspace, type Policy } from "./policyParts";

/** Policies, the one that wins first; or those that are deleted and can be recovered. */
export const createPolicies: CreateView = (page, parameters) => {
  const deleted = parameters.get("deleted") === "true";
  const continuation = parameters.get("continuation") ?? undefined;
  const list = new Loaded(page, (signal) => page.api.get<Schemas["PolicyList"]>("policies", { deleted, continuation }, signal), () => 30);
  const mayChange = page.may("Policies.ReadWrite");

  const recover = (policy: Policy) => confirm(page, {
    title: `Recover ${policy.name}?`,
    content: html`<p>It comes back as it was, with its file and key, at the end of the order. It is not deployed until somebody deploys it.</p>`,
    action: "Recover policy",
  }, async () => {
    await page.api.send("POST", `policies/${policy.id}/recover`, { ifMatch: `"${policy.revision}"` });
    go("policy", { id: policy.id });
  });

  const common: Column<Policy>[] = [
    { name: "Kind", cell: ({ kind }) => kind },
    { name: "Configuration file", cell: ({ configurationFile: file }) =>
      html`Organisation <code>${file.orgId}</code><br>version ${file.version}, SHA-256 ${sha256(file)}` },
    { name: "Days left", cell: daysLeft },
  ];
  const inUse: Column<Policy>[] = [
    { name: "Order", cell: ({ order }) => order, isNumber: true },
    { name: "Name", cell: ({ id, name, warnings }) => html`<a href=${link("policy", { id })}>${name}</a>
      ${warnings.length === 0 ? nothing : html`<br>${badge(count(warnings.length, "warning"), "warning")}`}` },
    ...common,
    { name: "Workspace", cell: workspace },
    { name: "Revision", cell: ({ revision, createdBy, createdAt }) => html`${revision}<br><small class="muted">${createdBy}, ${ago(createdAt)}</small>` },
  ];
  const gone: Column<Policy>[] = [
    { name: "Name", cell: ({ name }) => name },
    ...common,
    { name: "Deleted", cell: ({ deletedAt, deletedBy }) => html`${time(deletedAt)}<br><small class="muted">by ${deletedBy}</small>` },
    { name: "Recoverable until", cell: ({ recoverableUntil }) => time(recoverableUntil) },
    { name: "Actions", cell: (policy) => mayChange ? html`<button aria-label=${`Recover ${policy.name}`} @click=${() => recover(policy)}>Recover</button>`
      : html`<span class="muted">needs Policies.ReadWrite</span>` },
  ];
  return {
    title: "Policies",
    render: () => html`
      ${tabs("Which policies", [["In use", link("policies"), !deleted], ["Deleted", link("policies", { deleted: "true" }), deleted]])}
      ${mayChange ? html`<p class="actions"><a class="button primary" href=${link("new-policy")}>Create a policy</a></p>`
        : html`<p class="muted">Creating one needs the role Policies.ReadWrite.</p>`}
      ${list.show(({ value, nextLink }) => value.length === 0
        ? empty(deleted ? "No policy is deleted, or none can be recovered any more." : "There is no policy yet.")
        : html`${deleted ? nothing : html`<p class="muted">On a device that several of them target, the lowest order wins.</p>`}
          <div class="panel">${table(deleted ? "Deleted policies" : "Policies", deleted ? gone : inUse, value)}</div>
          ${pager("policies", { deleted: deleted ? "true" : undefined, continuation }, nextLink)}`)}`,
  };
};
