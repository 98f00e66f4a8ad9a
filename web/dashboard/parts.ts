import "./parts.css";
import { html, nothing, render, type TemplateResult } from "lit-html";

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

/** Asks before something is done; Escape is no. */
export function confirmed(question: string, explanation: Content, action: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "question");
  render(html`<form method="dialog"><h2 id="question">${question}</h2><p>${explanation}</p>
    <div class="answers"><button value="yes" class="primary">${action}</button><button value="" autofocus>Cancel</button></div></form>`, dialog);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes");
  }, { once: true }));
}
