import { html, nothing, render, type TemplateResult } from "lit-html";
import { Action, type Page } from "./page";

interface Question {
  title: string;
  content: TemplateResult;
  /** What its button says. */
  action: string;
  isDangerous?: boolean;
}

/**
 * Asks before something is done, in a dialog that stays open and says why when that fails.
 * @param run Gets what was entered into the fields of the content.
 */
export function confirm(page: Page, { title, content, action, isDangerous = false }: Question, run: (entered: FormData) => Promise<void>): void {
  const dialog = document.createElement("dialog");
  const close = () => dialog.close();
  const change = new Action({ sessionEnded: () => page.sessionEnded(), update: () => { draw(); page.update(); } });

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const entered = new FormData(event.target as HTMLFormElement);
    void change.run(async () => {
      await run(entered);
      close();
    });
  }

  function draw(): void {
    render(html`<form @submit=${submit}>
      <h2 id="question">${title}</h2>${content}${change.showError()}
      <div class="actions">
        <button type="submit" class=${isDangerous ? "danger" : "primary"} ?disabled=${change.busy}>${action}</button>
        <button type="button" @click=${close}>Cancel</button>
        ${change.busy ? html`<span role="status">Working…</span>` : nothing}
      </div></form>`, dialog);
  }

  dialog.setAttribute("aria-labelledby", "question");
  dialog.addEventListener("close", () => dialog.remove());
  page.signal.addEventListener("abort", close, { once: true });
  draw();
  document.body.append(dialog);
  dialog.showModal();
}
