import "./parts.css";
import { html, nothing, type TemplateResult } from "lit-html";
import { link } from "./router";

type Content = TemplateResult | string | number | typeof nothing;

/** A framed part of a view, under a heading of its own. */
export function panel(title: string, content: Content, more: Content = nothing): TemplateResult {
  return html`<section class="panel"><div class="panel-head"><h2>${title}</h2>${more}</div>${content}</section>`;
}

/** Names and values; what has no value is left out. */
export function facts(entries: [string, Content | undefined][]): TemplateResult {
  return html`<dl class="facts">${entries.filter(([, value]) => value !== undefined && value !== "" && value !== nothing)
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export interface Column<T> {
  name: string;
  cell: (item: T) => Content;
  /** Numbers stand at the right. */
  isNumber?: boolean;
  /** Names what the row is about. */
  isHeader?: boolean;
}

/** A table that scrolls in itself where the window is narrow. */
export function table<T>(caption: string, columns: Column<T>[], items: readonly T[]): TemplateResult {
  const kind = (column: Column<T>) => (column.isNumber === true ? "number" : nothing);
  return html`<div class="scroll" role="region" aria-label=${caption} tabindex="0"><table>
    <caption class="unseen">${caption}</caption>
    <thead><tr>${columns.map((column) => html`<th scope="col" class=${kind(column)}>${column.name}</th>`)}</tr></thead>
    <tbody>${items.map((item) => html`<tr>${columns.map((column) => column.isHeader === true
      ? html`<th scope="row">${column.cell(item)}</th>`
      : html`<td class=${kind(column)}>${column.cell(item)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/** Views beside each other: `[text, address, whether it is this one]`. */
export function tabs(label: string, entries: [string, string, boolean][]): TemplateResult {
  return html`<nav class="tabs" aria-label=${label}>${entries.map(([text, address, isCurrent]) =>
    html`<a href=${address} aria-current=${isCurrent ? "page" : nothing}>${text}</a>`)}</nav>`;
}

/** Leads through a list, page by page; nothing where there is one page only. */
export function pager(view: string, parameters: Record<string, string | undefined>, nextLink: string | undefined): TemplateResult | typeof nothing {
  const next = nextLink === undefined ? undefined : new URL(nextLink, location.origin).searchParams.get("continuation") ?? undefined;
  const isFirst = parameters["continuation"] === undefined;
  return next === undefined && isFirst ? nothing : html`<nav class="pager" aria-label="Pages">
    ${isFirst ? nothing : html`<a href=${link(view, { ...parameters, continuation: undefined })}>First page</a>`}
    ${next === undefined ? nothing : html`<a href=${link(view, { ...parameters, continuation: next })}>Next page</a>`}</nav>`;
}

/** A field of a form under its label, with a hint and what is wrong with it; the control says so by `describedBy` and `invalid`. */
export function field(id: string, label: string, errors: Record<string, string[]>, control: TemplateResult, hint: Content = nothing): TemplateResult {
  return html`<div class="field"><label for=${id}>${label}</label>
    <p class="hint" id=${`${id}-hint`}>${hint}</p>
    ${control}${fieldError(id, errors)}</div>`;
}

export function fieldError(id: string, errors: Record<string, string[]>): TemplateResult {
  return html`<p class="field-error" id=${`${id}-error`}>${errors[id]?.join(" ")}</p>`;
}

/** `aria-describedby` of a control within `field`. */
export function describedBy(id: string): string {
  return `${id}-hint ${id}-error`;
}

/** `aria-invalid` of a control within `field`. */
export function invalid(id: string, errors: Record<string, string[]>): "true" | typeof nothing {
  return errors[id] === undefined ? nothing : "true";
}

/** Some words that stand out: `kind` is a class of the style sheet. */
export function badge(text: string, kind = ""): TemplateResult {
  return html`<span class=${`badge ${kind}`}>${text}</span>`;
}

/** Each a notice of its own. */
export function warnings(texts: readonly string[]): TemplateResult[] {
  return texts.map((text) => html`<p class="notice warning">${text}</p>`);
}
