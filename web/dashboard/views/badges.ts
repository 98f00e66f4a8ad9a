import { html, type TemplateResult } from "lit-html";
import type { Schemas } from "../api";
import { states, swatch } from "../figures";

export const statusLabels: Record<Schemas["AssignmentStatus"], string> = {
  Success: "Success",
  InProgress: "In progress",
  Error: "Error",
  RequirementsNotMet: "Requirements not met",
  Unknown: "Unknown",
  Superseded: "Superseded",
};

const statusColours: Record<Schemas["AssignmentStatus"], string> = {
  Success: "healthy",
  InProgress: "inactive",
  Error: "not-onboarded",
  RequirementsNotMet: "agent-state",
  Unknown: "never-reached",
  Superseded: "offboarding",
};

export function statusBadge(status: Schemas["AssignmentStatus"]): TemplateResult {
  return html`<span class="named-state">${swatch(statusColours[status])} ${statusLabels[status]}</span>`;
}

/** The state that a device counts in. */
export function healthBadge(device: Schemas["Device"]): TemplateResult {
  if (device.retirement) {
    return html`<span class="named-state">${swatch("never-reached")} Retired</span>`;
  }
  const isOffboarding = device.targets[0]?.kind === "Offboarding";
  const state = states.find(({ figure }) => figure === (device.health ?? (isOffboarding ? "Offboarding" : undefined)));
  return state ? html`<span class="named-state">${swatch(state.colour)} ${state.label}</span>` : html`<span class="none">None</span>`;
}
