import { html, type TemplateResult } from "lit-html";
import type { Schemas } from "../api";
import { count } from "../format";
import { badge } from "../parts";

export type Policy = Schemas["Policy"];
export type PolicyRevision = Schemas["PolicyRevision"];

/** Below so many days left an offboarding file is warned about. */
const warningDays = 7;

/** Of an offboarding file; an onboarding file doesn't expire. */
export function daysLeft({ daysLeft: days, configurationFile: { expiresAt } }: PolicyRevision | Policy): TemplateResult {
  if (days === undefined || expiresAt === undefined) {
    return html`<span class="muted">does not expire</span>`;
  }
  return new Date(expiresAt) <= new Date() ? badge("Expired", "danger")
    : days === 0 ? badge("Less than a day left", "danger")
    : days < warningDays ? badge(`${count(days, "day")} left`, "warning")
    : html`${count(days, "day")} left`;
}

export function workspace({ workspace: given, kind }: PolicyRevision | Policy): TemplateResult {
  return given === undefined ? html`<span class="muted">${kind === "Offboarding" ? "none needed" : "none: up-level devices only"}</span>`
    : html`<code>${given.id}</code>, ${given.keySet ? "key set" : "no key"}`;
}

export function fileSamples(samples: Schemas["FileSamples"]): string {
  return samples === "None" ? "None" : "All file types";
}

export function sha256({ sha256: hash }: Schemas["ConfigurationFileFacts"]): TemplateResult {
  return html`<code title=${hash}>${hash.slice(0, 12)}…</code>`;
}
