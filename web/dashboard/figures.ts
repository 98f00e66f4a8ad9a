import "./figures.css";
import { html, nothing, svg, type TemplateResult } from "lit-html";
import type { Schemas } from "./api";
import { number } from "./format";
import { link } from "./router";

export type Figure = Schemas["Figure"];
export type Figures = Schemas["Figures"];
export type FigureKey = "devices" | "targeted" | "notTargeted" | "healthy" | "inactive" | "agentState" | "notOnboarded" | "neverReached" | "offboarding"
  | "fileSamplesDrifted" | "onOldEnrollmentKey" | "onboarded" | "eligible";

/** What a count of devices is called, and the list behind it. */
export interface Counted {
  key: FigureKey;
  /** Undefined: all devices. */
  figure: Figure | undefined;
  label: string;
  meaning: string;
}

/** A state that a device is in, as charts draw it. */
export interface CountedState extends Counted {
  figure: Figure;
  /** Of the style sheet. */
  colour: string;
}

/** The four of agent health: what an eligible device is in. */
export const agentHealth: CountedState[] = [
  { key: "healthy", figure: "Healthy", label: "Healthy", colour: "healthy", meaning: "Working properly." },
  { key: "inactive", figure: "Inactive", label: "Inactive", colour: "inactive", meaning: "No data sent to the service during the period." },
  { key: "agentState", figure: "AgentState", label: "Agent state", colour: "agent-state", meaning: "The agent's Windows service isn't running." },
  { key: "notOnboarded", figure: "NotOnboarded", label: "Not onboarded", colour: "not-onboarded", meaning: "The policy was fetched, but the agent hasn't reported that it is onboarded." },
];

export const neverReached: CountedState =
  { key: "neverReached", figure: "NeverReached", label: "Never reached", colour: "never-reached", meaning: "Nothing fetched and nothing reported." };

export const offboarding: CountedState =
  { key: "offboarding", figure: "Offboarding", label: "Offboarding", colour: "offboarding", meaning: "An offboarding policy holds it." };

/** Each device is in one of these at most. */
export const states: CountedState[] = [...agentHealth, neverReached, offboarding];

export const figures: Counted[] = [
  { key: "devices", figure: undefined, label: "Devices", meaning: "All in use." },
  { key: "onboarded", figure: "Onboarded", label: "Onboarded", meaning: "The agent has reported that it is onboarded." },
  { key: "eligible", figure: "Eligible", label: "Eligible", meaning: "Reached, by an onboarding policy that applies to them." },
  ...states,
  { key: "targeted", figure: "Targeted", label: "Targeted", meaning: "A live deployment targets them." },
  { key: "notTargeted", figure: "NotTargeted", label: "Not targeted", meaning: "No live deployment targets them." },
  { key: "fileSamplesDrifted", figure: "FileSamplesDrifted", label: "File samples drifted", meaning: "They share other file samples than their policy says." },
  { key: "onOldEnrollmentKey", figure: "OnOldEnrollmentKey", label: "On an old enrollment key", meaning: "Their key is under an enrollment key that is not the newest." },
];

export const platforms: Record<string, string> = { UpLevel: "Up-level", DownLevel: "Down-level", Unsupported: "Not supported" };

export function scopeName({ scope, name }: { scope: string; name: string }): string {
  return scope.startsWith("platform!") ? platforms[name] ?? name : scope === "os!other" ? "Other" : name;
}

export function figureOf(figure: string): Counted | undefined {
  return figures.find((counted) => counted.figure?.toLowerCase() === figure.toLowerCase());
}

export function devicesLink(scope: string, figure?: string): string {
  return link("devices", { scope: scope === "site" ? undefined : scope, health: figure });
}

/** A count with the way to the devices behind it. */
export function count(scope: Figures, counted: Counted): TemplateResult {
  const amount = scope[counted.key];
  return amount === 0 ? html`<span class="none">0</span>`
    : html`<a class="count" href=${devicesLink(scope.scope, counted.figure)}
      aria-label=${`${number(amount)} ${counted.label.toLowerCase()}${scope.scope === "site" ? "" : `, ${scopeName(scope)}`}`}>${number(amount)}</a>`;
}

/** The colour of a state, beside its name. */
export function swatch(colour: string): TemplateResult {
  return html`<span class=${`swatch ${colour}`} aria-hidden="true"></span>`;
}

/** The states of a scope's devices side by side; the figures beside it say the same. */
export function stateBar(scope: Figures): TemplateResult {
  const total = states.reduce((sum, { key }) => sum + scope[key], 0);
  let from = 0;
  return html`<svg class="state-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${states.map(({ key, colour }) => {
    const width = total === 0 ? 0 : (100 * scope[key]) / total;
    from += width;
    return width === 0 ? nothing : svg`<rect class=${colour} x=${from - width} y="0" width=${width} height="10"></rect>`;
  })}</svg>`;
}
