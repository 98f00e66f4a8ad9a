import { html, nothing, type TemplateResult } from "lit-html";
import { Problem, Unreachable, type Schemas } from "../api";
import { count, number, time } from "../format";
import { Action, empty, failure, Loaded, pause, type CreateView } from "../page";
import { facts, panel, table } from "../parts";
import { go, link } from "../router";
import { statusBar, type Deployment } from "./deploymentParts";
import type { Policy } from "./policyParts";
import "./deploy.css";

type Preview = Schemas["DeploymentPreview"];

const maxCollections = 20;

/** The code of a refusal that carries the preview as it is now. */
const wouldFail = "deployment.would-fail";

/** Deploys a policy to collections, and says before what that would come to. */
export const createDeploy: CreateView = (page, parameters) => {
  let policyId = parameters.get("policyId") ?? "";
  const chosen = new Set((parameters.get("collections") ?? "").split(",").filter((id) => id !== ""));
  let search = "";
  let preview: Preview | undefined;
  let previewError: Error | undefined;
  /** Ends the preview that is being asked for; undefined when what is shown is of the present choice. */
  let asking: AbortController | undefined;
  let isAcknowledged = false;
  /** The same until the choice changes: a deployment that is asked for again since the answer was lost is made once. */
  let repeatabilityRequestId: string | undefined;
  const deploying = new Action(page);
  const choices = new Loaded(page, async (signal) => {
    const [policies, collections] = await Promise.all([
      page.api.list<Policy>("policies", { pageSize: 1000 }, signal),
      page.api.list<Schemas["Collection"]>("collections", { details: true, pageSize: 100 }, signal),
    ]);
    return { policies, collections };
  });

  const choice = () => ({ policyId, collectionIds: [...chosen] });
  const isComplete = () => policyId !== "" && chosen.size > 0 && chosen.size <= maxCollections;

  function changed(): void {
    history.replaceState(null, "", link("deploy", { policyId, collections: [...chosen].join(",") }));
    repeatabilityRequestId = undefined;
    isAcknowledged = false;
    deploying.error = undefined;
    void askPreview(0.4);
  }

  async function askPreview(afterSeconds: number): Promise<void> {
    asking?.abort();
    asking = undefined;
    previewError = undefined;
    if (!isComplete()) {
      preview = undefined;
      page.update();
      return;
    }
    const mine = new AbortController();
    asking = mine;
    page.update();
    const signal = AbortSignal.any([page.signal, mine.signal]);
    await pause(afterSeconds, signal);
    const asked = new Action({ sessionEnded: () => page.sessionEnded(), update: () => {} });
    let answer: Preview | undefined;
    if (!signal.aborted) {
      await asked.run(async () => { answer = await page.api.send<Preview>("POST", "deployments/preview", { body: choice(), signal }); });
    }
    if (!signal.aborted) {
      asking = undefined;
      preview = answer;
      previewError = asked.error;
      if (preview !== undefined) {
        page.announce(`Of ${count(preview.devices, "device")}, ${number(preview.wouldSucceed.devices)} would succeed and ${number(preview.wouldFail.devices)} would fail.`);
      }
      page.update();
    }
  }

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (preview === undefined || asking !== undefined) {
      return;
    }
    if (preview.wouldFail.devices === 0 || isAcknowledged) {
      await deploying.run(deploy);
      if (!(deploying.error instanceof Problem) || deploying.error.code !== wouldFail) {
        return;
      }
    }
    document.getElementById("acknowledge")?.focus();
  }

  async function deploy(): Promise<void> {
    repeatabilityRequestId ??= crypto.randomUUID();
    try {
      const deployment = await page.api.send<Deployment>("POST", "deployments", { body: { ...choice(), acknowledgeFailures: isAcknowledged }, repeatabilityRequestId });
      go("deployment", { id: deployment.id });
    } catch (error) {
      if (error instanceof Problem && error.code === wouldFail) {
        preview = error.body["preview"] as Preview; // it has changed since it was shown
      }
      throw error;
    }
  }

  function toggle(id: string, isChosen: boolean): void {
    chosen[isChosen ? "add" : "delete"](id);
    changed();
  }

  function acknowledge(event: Event): void {
    isAcknowledged = (event.target as HTMLInputElement).checked;
    repeatabilityRequestId = undefined;
    page.update();
  }

  const collectionChoices = (collections: Schemas["Collection"][]) => {
    const shown = collections.filter(({ id, name }) => chosen.has(id) || name.toLowerCase().includes(search.trim().toLowerCase()));
    return html`<fieldset class="field"><legend>Collections</legend>
      <p class="hint">${count(chosen.size, "collection")} chosen; ${maxCollections} at most. A device in several of them counts once.</p>
      <input type="search" aria-label="Search collections" placeholder="Search collections" autocomplete="off"
        @input=${(e: Event) => { search = (e.target as HTMLInputElement).value; page.update(); }}
        @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") { e.preventDefault(); } }}>
      <div class="collections">${shown.length === 0 ? html`<p class="muted">No collection has this in its name.</p>` : shown.map(({ id, name, members }) => html`<label class="choice">
        <input type="checkbox" .checked=${chosen.has(id)} @change=${(e: Event) => toggle(id, (e.target as HTMLInputElement).checked)}>
        <span>${name}</span> <span class="muted">${count(members, "member")}</span></label>`)}</div>
      ${chosen.size > maxCollections ? html`<p class="field-error" role="alert">Choose ${maxCollections} collections at most.</p>` : nothing}</fieldset>`;
  };

  const confirmation = () => {
    const fails = preview?.wouldFail.devices ?? 0;
    const why = !page.may("Deployments.ReadWrite") ? "Deploying needs the role Deployments.ReadWrite."
      : !isComplete() ? "Choose a policy and at least one collection."
      : asking !== undefined ? "Wait for the preview."
      : preview === undefined ? "There is no preview." : undefined;
    const changedMeanwhile = deploying.error instanceof Problem && deploying.error.code === wouldFail;
    return html`${changedMeanwhile ? html`<p class="notice danger" role="alert">The policy was not deployed: meanwhile it would fail on ${count(fails, "device")}.</p>` : deploying.showError()}
      ${deploying.error instanceof Unreachable ? html`<p class="notice warning">It may be deployed all the same. Deploy again: that makes no second deployment.</p>` : nothing}
      ${fails === 0 ? nothing : html`<label class="choice"><input type="checkbox" id="acknowledge" .checked=${isAcknowledged} @change=${acknowledge}>
        Deploy although the policy would fail on ${count(fails, "device")}</label>`}
      <div class="actions"><button type="submit" class="primary" ?disabled=${why !== undefined || deploying.busy} aria-describedby="why-not">Deploy</button>
        <span class="muted" id="why-not">${deploying.busy ? "Deploying…" : why
          ?? (fails > 0 && !isAcknowledged ? "Mend what would fail, or tick that it is known." : nothing)}</span></div>`;
  };

  void askPreview(0);
  return {
    title: "Deploy a policy",
    render: () => choices.show(({ policies, collections }) => policies.length === 0
      ? empty("There is no policy to deploy yet.", html`<a href=${link("new-policy")}>Create a policy</a>`)
      : collections.length === 0 ? empty("There is no collection to deploy to yet. Make one by `atp collection create`, or POST /api/collections.")
      : html`<form class="panels deploy" @submit=${submit}>
          <div class="panel">
            <div class="field"><label for="policy">Policy</label>
              <select id="policy" @change=${(e: Event) => { policyId = (e.target as HTMLSelectElement).value; changed(); }}>
                <option value="" ?selected=${policyId === ""}>Choose a policy</option>
                ${policies.map(({ id, name, kind, order }) => html`<option value=${id} ?selected=${id === policyId}>${name} (${kind}, order ${order})</option>`)}
              </select></div>
            ${collectionChoices(collections)}
          </div>
          ${panel("Preview", html`<div class="preview" aria-busy=${asking === undefined ? "false" : "true"}>
              ${asking === undefined ? nothing : html`<p role="status"><span class="spinner" aria-hidden="true"></span> Asking what it would come to…</p>`}
              ${previewError ? html`${failure(previewError)}<p class="actions"><button type="button" @click=${() => askPreview(0)}>Try again</button></p>`
                : preview ? outcomes(preview)
                : asking === undefined ? html`<p class="muted">Choose a policy and collections to see what would become of which devices.</p>` : nothing}
            </div>${confirmation()}`)}
        </form>`),
  };
};

/** The outcomes of all devices, in the colours of the statuses that they would come to. */
function outcomes(preview: Preview): TemplateResult {
  const { devices, wouldSucceed, wouldFail, requirementsNotMet, held, platforms } = preview;
  const rows: { name: string; status: string; devices: number; why: TemplateResult }[] = [
    { name: "Would succeed", status: "success", devices: wouldSucceed.devices, why: list(wouldSucceed.deliveries.map(delivery)) },
    { name: "Would fail", status: "error", devices: wouldFail.devices, why: list(wouldFail.reasons.map((reason) =>
      html`<b>${number(reason.devices)}</b> (${platformsOf(reason.platforms)}): ${reason.detail} ${examples(reason.sample)}`)) },
    { name: "Requirements not met", status: "requirementsNotMet", devices: requirementsNotMet.devices, why: requirementsNotMet.devices === 0 ? html`` : html`
      This site can't manage their operating system: ${requirementsNotMet.operatingSystems.map((system) => `${system.name} (${number(system.devices)})`).join(", ")}.
      ${examples(requirementsNotMet.sample)}` },
    { name: "Held by another policy", status: "superseded", devices: held.devices, why: held.devices === 0 ? html`` : html`
      They stay with a policy of a better order.
      ${list(held.deployments.map((holder) => html`<b>${number(holder.devices)}</b> <a href=${link("deployment", { id: holder.deploymentId })}>${holder.policyName}</a>`))}
      ${held.deploymentsNotListed === 0 ? nothing : `And ${count(held.deploymentsNotListed, "more deployment")}.`} ${examples(held.sample)}` },
  ];
  return html`
    ${preview.daysLeft === undefined ? nothing : html`<p class=${preview.daysLeft < 7 ? "notice warning" : "muted"}>${preview.daysLeft === 0
      ? "The offboarding file has less than a day left, or has expired." : `The offboarding file has ${count(preview.daysLeft, "day")} left.`}</p>`}
    ${facts([["Devices", number(devices)], ["Up-level", number(platforms.upLevel)], ["Down-level", number(platforms.downLevel)], ["Unsupported", number(platforms.unsupported)]])}
    ${statusBar(rows.map((row) => [row.status, row.devices]))}
    ${table("What would become of the devices", [
      { name: "Outcome", cell: (row) => html`<span class="outcome"><span class=${`swatch ${row.status}`} aria-hidden="true"></span> ${row.name}</span>` },
      { name: "Devices", cell: (row) => number(row.devices), isNumber: true },
      { name: "Why", cell: (row) => row.why },
    ], rows)}
    <p class="muted"><small>As of ${time(preview.organisationsAsOf)}. Which organisation a device is onboarded to is known from its last report.</small></p>`;
}

function list(items: TemplateResult[]): TemplateResult {
  return items.length === 0 ? html`` : html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

function delivery({ platform, delivery: what, devices }: Schemas["PreviewedDelivery"]): TemplateResult {
  const told = what === "DeliverWorkspace" ? "get the Workspace ID and key, and the Monitoring Agent where it is missing"
    : what === "RemoveMonitoringAgent" ? "have the Monitoring Agent removed"
    : platform === "DownLevel" ? "have the Defender client and get the configuration file"
    : "get the configuration file";
  return html`<b>${number(devices)}</b> ${platform === "UpLevel" ? "up-level" : "down-level"} ${told}`;
}

function platformsOf({ upLevel, downLevel, unsupported }: Schemas["PlatformCounts"]): string {
  return [[upLevel, "up-level"], [downLevel, "down-level"], [unsupported, "unsupported"]].filter(([devices]) => devices !== 0)
    .map(([devices, name]) => `${number(devices as number)} ${name}`).join(", ");
}

function examples(sample: Schemas["SampledDevice"][]): TemplateResult | typeof nothing {
  return sample.length === 0 ? nothing : html`<small class="muted">For example ${sample.map(({ deviceId, name }) => name ?? deviceId).join(", ")}.</small>`;
}
