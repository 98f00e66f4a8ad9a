import { html, nothing } from "lit-html";
import { Problem, Unreachable } from "../api";
import { count } from "../format";
import { Action, empty, type CreateView } from "../page";
import { describedBy, field, fieldError, invalid } from "../parts";
import { go, link } from "../router";
import type { Policy } from "./policyParts";
import "./newPolicy.css";

const maxFileBytes = 1024 * 1024;
const fields = ["name", "description", "kind", "configurationFile", "workspaceId", "workspaceKey", "fileSamples"];
const download = "In the Microsoft Defender Security Center, under Settings > Onboarding (or Offboarding), choose Windows 10 and the deployment method "
  + "“Microsoft Endpoint Configuration Manager current branch and later”.";

/** Creates a policy from what was downloaded. What is entered stays in the form's own fields and nowhere else. */
export const createNewPolicy: CreateView = (page) => {
  const title = "Create a policy";
  if (!page.may("Policies.ReadWrite")) {
    return { title, render: () => empty("Creating a policy needs the role Policies.ReadWrite.", html`<a href=${link("policies")}>Policies</a>`) };
  }

  const creating = new Action(page);
  let file: File | undefined;
  let fileProblem: string | undefined;
  /** The same until the form changes: a form that is sent again since the answer was lost makes no second policy. */
  let repeatabilityRequestId: string | undefined;

  // A file that is dropped beside its place would be opened in place of the page.
  for (const event of ["dragover", "drop"]) {
    addEventListener(event, (e) => e.preventDefault(), { signal: page.signal });
  }

  const input = (name: string) => document.querySelector<HTMLInputElement>(`form [name="${name}"]`)!;

  function choose(): void {
    file = input("configurationFile").files?.[0];
    fileProblem = file && problemOf(file);
    page.update();
  }

  function drop(event: DragEvent): void {
    (event.currentTarget as HTMLElement).classList.remove("over");
    const dropped = event.dataTransfer?.files;
    if (dropped?.length === 1) {
      input("configurationFile").files = dropped;
      repeatabilityRequestId = undefined;
      choose();
    } else if (dropped !== undefined && dropped.length > 1) {
      fileProblem = "Drop one file: the package as downloaded, or the file in it.";
      page.update();
    }
  }

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (fileProblem === undefined) {
      await creating.run(() => create(event.target as HTMLFormElement));
    } else {
      creating.error = undefined;
      page.update();
    }
    const errors = errorsByField();
    const first = fields.find((name) => errors[name] !== undefined);
    if (first !== undefined) {
      input(first).focus();
    }
  }

  async function create(form: HTMLFormElement): Promise<void> {
    repeatabilityRequestId ??= crypto.randomUUID();
    const body = new FormData(form);
    for (const [name, value] of [...body]) {
      if (value === "" || (value instanceof File && value.name === "")) {
        body.delete(name);
      }
    }
    const policy = await page.api.send<Policy>("POST", "policies", { body, repeatabilityRequestId });
    input("workspaceKey").value = "";
    go("policy", { id: policy.id, created: "true" });
  }

  function errorsByField(): Record<string, string[]> {
    const told = creating.error instanceof Problem ? creating.error.errors : {};
    return fileProblem === undefined ? told : { ...told, configurationFile: [fileProblem] };
  }

  function showError(errors: Record<string, string[]>) {
    const elsewhere = Object.entries(errors).filter(([name]) => !fields.includes(name));
    return creating.error === undefined ? nothing
      : Object.keys(errors).length === 0 ? html`${creating.showError()}${creating.error instanceof Unreachable
        ? html`<p class="notice warning">It may have been created all the same. Send it again as it is: that makes no second one.</p>` : nothing}`
      : html`<div class="notice danger" role="alert">The policy was not created: mend the marked fields.
        ${elsewhere.map(([name, texts]) => html`<br>${name}: ${texts.join(" ")}`)}</div>`;
  }

  const show = (isShown: boolean) => () => { input("workspaceKey").type = isShown ? "text" : "password"; };
  const showByKey = (event: KeyboardEvent) => { if (event.key === " " || event.key === "Enter") { show(true)(); } };

  const text = (name: string, label: string, errors: Record<string, string[]>, hint: string | typeof nothing = nothing) => field(name, label, errors,
    html`<input type="text" id=${name} name=${name} autocomplete="off" spellcheck="false" aria-invalid=${invalid(name, errors)} aria-describedby=${describedBy(name)}>`, hint);
  const choices = (name: string, legend: string, errors: Record<string, string[]>, options: [string, string, boolean][], hint: string) =>
    html`<fieldset class="field" aria-describedby=${describedBy(name)}><legend>${legend}</legend><p class="hint" id=${`${name}-hint`}>${hint}</p>
      ${options.map(([value, label, isDefault]) => html`<label class="choice">
        <input type="radio" name=${name} value=${value} ?checked=${isDefault} aria-invalid=${invalid(name, errors)}> ${label}</label>`)}
      ${fieldError(name, errors)}</fieldset>`;

  return {
    title,
    render: () => {
      const errors = errorsByField();
      return html`<form class="panel" novalidate autocomplete="off" @submit=${submit} @input=${() => { repeatabilityRequestId = undefined; }}>
        ${showError(errors)}
        ${text("name", "Name", errors)}
        ${field("description", "Description (optional)", errors, html`<textarea id="description" name="description" rows="2"
          aria-invalid=${invalid("description", errors)} aria-describedby=${describedBy("description")}></textarea>`)}
        ${choices("kind", "Kind", errors, [["Onboarding", "Onboarding", false], ["Offboarding", "Offboarding", false]], "What the file is for.")}
        ${field("configurationFile", "Configuration file", errors, html`<div class="drop"
            @dragover=${(e: DragEvent) => { e.preventDefault(); (e.currentTarget as HTMLElement).classList.add("over"); }}
            @dragleave=${(e: DragEvent) => (e.currentTarget as HTMLElement).classList.remove("over")} @drop=${drop}>
            <input type="file" id="configurationFile" name="configurationFile" accept=".zip,.onboarding,.offboarding" @change=${choose}
              aria-invalid=${invalid("configurationFile", errors)} aria-describedby=${describedBy("configurationFile")}>
            <p role="status">${file === undefined ? "Or drop it here." : html`<b>${file.name}</b>, ${size(file)}`}</p></div>`,
          html`The package (.zip) as downloaded, or the .onboarding or .offboarding file in it; 1 MiB at most. ${download}`)}
        ${text("workspaceId", "Workspace ID (optional)", errors, "A GUID. Down-level devices need it and the key; without them the policy fails there.")}
        ${field("workspaceKey", "Workspace key (optional)", errors, html`<div class="with-button">
            <input type="password" id="workspaceKey" name="workspaceKey" autocomplete="off" spellcheck="false" autocapitalize="off"
              aria-invalid=${invalid("workspaceKey", errors)} aria-describedby=${describedBy("workspaceKey")}>
            <button type="button" @pointerdown=${show(true)} @pointerup=${show(false)} @pointerleave=${show(false)} @pointercancel=${show(false)}
              @keydown=${showByKey} @keyup=${show(false)} @blur=${show(false)}>Hold to show the key</button></div>`,
          "It goes to Key Vault, and never comes back out to anybody but devices.")}
        ${choices("fileSamples", "File samples", errors, [["None", "None", false], ["AllFileTypes", "All file types", true]],
          "Which file samples are collected and shared from devices for analysis.")}
        <div class="actions"><button type="submit" class="primary" ?disabled=${creating.busy}>Create policy</button>
          <a href=${link("policies")}>Cancel</a>${creating.busy ? html`<span role="status">Sending…</span>` : nothing}</div>
      </form>`;
    },
  };
};

/** What can be told of a file before it is sent; the service looks into it. */
function problemOf({ name, size: bytes }: File): string | undefined {
  return /\.(cmd|ps1|py)$/i.test(name) ? `${name} is a script, for another deployment method. ${download}`
    : bytes > maxFileBytes ? `${name} has more than 1 MiB; a configuration file has about 7 KB.`
    : bytes === 0 ? `${name} is empty.`
    : undefined;
}

function size({ size: bytes }: File): string {
  return bytes < 1024 ? count(bytes, "byte") : bytes < maxFileBytes ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / maxFileBytes).toFixed(1)} MiB`;
}
