import { html, nothing } from "lit-html";
import type { Schemas } from "../api";
import { ago, number, time } from "../format";
import { Action, empty, Loaded, pause, type CreateView } from "../page";
import { facts, panel, warnings } from "../parts";
import { link } from "../router";
import { askToEnd, policyName, progress, stateBadge, statusCounts, type Deployment } from "./deploymentParts";

/** Everything of one deployment; live while its members are being placed. */
export const createDeployment: CreateView = (page, parameters) => {
  const id = parameters.get("id") ?? "";
  if (id === "") {
    return { title: "Deployment", render: () => empty("Which deployment? Choose one from the list.", html`<a href=${link("deployments")}>Deployments</a>`) };
  }

  let wasPlacing = false;
  const loaded = new Loaded(page, async (signal) => {
    const deployment = await page.api.get<Deployment>(`deployments/${encodeURIComponent(id)}`, {}, signal);
    if (wasPlacing && deployment.state === "Active") {
      page.announce(`All ${number(deployment.progress.devices)} devices are placed.`);
    }
    wasPlacing = deployment.state === "Placing";
    return deployment;
  }, ({ state }) => (state === "Placing" ? 2 : 15));
  const counting = new Action(page);

  /** Has the statuses counted now, in place of when the timer does. */
  async function rollUp(): Promise<void> {
    let run = await page.api.send<Schemas["RollUp"]>("POST", "health/rollup");
    while (run.state === "Running" && !page.signal.aborted) {
      await pause(1, page.signal);
      run = await page.api.get<Schemas["RollUp"]>(`health/rollups/${run.id}`, {}, page.signal);
    }
    await loaded.refresh();
    page.announce("The statuses are counted.");
  }

  const render = () => loaded.show((deployment) => {
    const { upLevel, downLevel, inError, notSupported } = deployment.progress;
    const inForce = deployment.state !== "Ended";
    return html`${warnings(deployment.warnings)}
      <div class="panels">
        ${panel("Progress", html`<p>${stateBadge(deployment)}</p>${progress(deployment)}${facts([
          ["Up-level", number(upLevel)], ["Down-level", number(downLevel)],
          ["In error", number(inError)], ["Not supported", number(notSupported)],
        ])}`)}
        ${panel("Statuses", html`${statusCounts(deployment)}
          <div class="actions">
            ${inForce ? html`<a class="button" href=${link("devices", { deploymentId: id })}>Devices of this deployment</a>` : nothing}
            ${inForce && page.may("Health.Read", "Deployments.ReadWrite")
              ? html`<button ?disabled=${counting.busy} @click=${() => counting.run(rollUp)}>${counting.busy ? "Counting…" : "Count now"}</button>` : nothing}
          </div>${counting.showError()}`)}
      </div>
      ${panel("Facts", facts([
        ["Policy", deployment.policyKind === undefined ? `${policyName(deployment)}, deleted`
          : html`<a href=${link("policy", { id: deployment.policyId })}>${policyName(deployment)}</a>`],
        ["Kind", deployment.policyKind],
        ["Collections", deployment.collectionNames.join(", ")],
        ["Created", `${time(deployment.createdAt)}, ${ago(deployment.createdAt)}`],
        ["Created by", deployment.createdBy],
        ["Ended", deployment.endedAt && time(deployment.endedAt)],
        ["Ended by", deployment.endedBy],
        ["Reason", deployment.endReason],
        ["Id", html`<code>${deployment.id}</code>`],
      ]))}
      ${!inForce ? nothing : page.may("Deployments.ReadWrite")
        ? html`<p class="actions"><button class="danger" @click=${() => askToEnd(page, deployment, () => loaded.refresh())}>End this deployment</button></p>`
        : html`<p class="muted">Ending it needs the role Deployments.ReadWrite.</p>`}`;
  });
  return {
    get title() { return loaded.value === undefined ? "Deployment" : `Deployment of ${policyName(loaded.value)}`; },
    render,
  };
};
