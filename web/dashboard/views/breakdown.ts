import { html, nothing, type TemplateResult } from "lit-html";
import { count, devicesLink, figures, scopeName, stateBar, states, type Figures } from "../figures";
import { number, percent } from "../format";
import { panel, table } from "../parts";

const pageSize = 10;

/** Figures of all scopes of one kind: the largest or the worst first, filtered, some at a time. */
export class Breakdown {
  private filter: string;
  private isWorstFirst: boolean;
  private start: number;

  constructor(private readonly kind: string, private readonly name: string, parameters: URLSearchParams, private readonly changed: () => void) {
    this.filter = parameters.get(kind) ?? "";
    this.isWorstFirst = parameters.get(`${kind}Order`) === "worst";
    this.start = Math.max(0, Number.parseInt(parameters.get(`${kind}From`) ?? "0", 10) || 0);
  }

  /** Of the address. */
  get parameters(): Record<string, string | undefined> {
    return {
      [this.kind]: this.filter,
      [`${this.kind}Order`]: this.isWorstFirst ? "worst" : undefined,
      [`${this.kind}From`]: this.start > 0 ? String(this.start) : undefined,
    };
  }

  render(all: readonly Figures[]): TemplateResult {
    const ofKind = all.filter((scope) => scope.scope.startsWith(`${this.kind}!`));
    const wanted = ofKind.filter((scope) => scopeName(scope).toLowerCase().includes(this.filter.trim().toLowerCase()))
      .sort((left, right) => (this.isWorstFirst ? worstFirst(left, right) : 0) || right.devices - left.devices || left.name.localeCompare(right.name));
    const start = this.start < wanted.length ? this.start : 0;
    const caption = `By ${this.name.toLowerCase()}`;
    return panel(caption, ofKind.length === 0 ? html`<p class="hint">${this.kind === "collection" ? "No collection has a live deployment." : "No devices."}</p>` : html`
      ${table(caption, [
        { name: this.name, isHeader: true, cell: (scope) => html`<a href=${devicesLink(scope.scope)}>${scopeName(scope)}</a>` },
        { name: "Onboarded", isNumber: true, cell: (scope) => percent(scope.onboardingPercent) },
        { name: "States", cell: stateBar },
        { name: "Devices", isNumber: true, cell: (scope) => count(scope, figures[0]!) },
        ...states.map((state) => ({ name: state.label, isNumber: true, cell: (scope: Figures) => count(scope, state) })),
      ], wanted.slice(start, start + pageSize))}
      ${wanted.length === 0 ? html`<p class="hint">None has a name like this.</p>` : nothing}
      ${this.pager(start, wanted.length)}`, ofKind.length > 1 ? this.controls(ofKind.length) : nothing);
  }

  private controls(amount: number): TemplateResult {
    return html`<div class="breakdown-controls">
      ${amount <= pageSize ? nothing : html`<input type="search" aria-label=${`Filter by ${this.name.toLowerCase()}`} placeholder="Filter" .value=${this.filter}
        @input=${(event: InputEvent) => this.change({ filter: (event.target as HTMLInputElement).value, start: 0 })}>`}
      <select aria-label=${`Order by ${this.name.toLowerCase()}`} @change=${(event: Event) => this.change({ isWorstFirst: (event.target as HTMLSelectElement).value === "worst", start: 0 })}>
        <option value="largest" .selected=${!this.isWorstFirst}>Largest first</option>
        <option value="worst" .selected=${this.isWorstFirst}>Worst first</option>
      </select></div>`;
  }

  private pager(start: number, amount: number): TemplateResult | typeof nothing {
    if (amount <= pageSize) {
      return nothing;
    }
    const button = (label: string, to: number) => {
      const isPossible = to >= 0 && to < amount;
      return html`<button aria-label=${`${label}, by ${this.name.toLowerCase()}`} aria-disabled=${!isPossible}
        @click=${() => { if (isPossible) { this.change({ start: to }); } }}>${label}</button>`;
    };
    return html`<div class="paging">${button("Previous", start - pageSize)}
      <span role="status">${number(start + 1)} to ${number(Math.min(start + pageSize, amount))} of ${number(amount)}</span>
      ${button("Next", start + pageSize)}</div>`;
  }

  private change(to: { filter?: string; isWorstFirst?: boolean; start?: number }): void {
    this.filter = to.filter ?? this.filter;
    this.isWorstFirst = to.isWorstFirst ?? this.isWorstFirst;
    this.start = to.start ?? this.start;
    this.changed();
  }
}

/** The lowest onboarding status first; those without data last. */
function worstFirst(left: Figures, right: Figures): number {
  return (left.onboardingPercent ?? 101) - (right.onboardingPercent ?? 101);
}
