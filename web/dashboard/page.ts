import { html, nothing, type TemplateResult } from "lit-html";
import { Problem, Unreachable, type Api } from "./api";
import { SessionEnded, type Person } from "./signIn";
import { time } from "./format";

/** What a view may use of the page around it. */
export interface Page {
  readonly api: Api;
  readonly person: Person;
  /** Aborted when another view opens. */
  readonly signal: AbortSignal;
  /** Shows what the view renders now. */
  update(): void;
  /** Told to people who hear the page. */
  announce(text: string): void;
  /** The session is over: the page asks to sign in again. */
  sessionEnded(): void;
  /** Whether the person has one of the roles, as far as is known: the service decides. */
  may(...roles: string[]): boolean;
}

/** One view: what it is called, and how it looks now. It loads what it needs when it is made. */
export interface View {
  title: string;
  render(): TemplateResult;
}

/** Makes a view for the parameters of its address. */
export type CreateView = (page: Page, parameters: URLSearchParams) => View;

/** Something that the service is asked for, again and again if told so; what was loaded stays when a later try fails. */
export class Loaded<T> {
  value: T | undefined;
  error: Error | undefined;
  /** When the value came. */
  at: Date | undefined;

  /**
   * @param page Rendered again when something came.
   * @param load Asks once.
   * @param everySeconds Asks again after so many; null: once, but again and again while the service doesn't answer.
   */
  constructor(private readonly page: Page, private readonly load: (signal: AbortSignal) => Promise<T>, private readonly everySeconds: (value: T) => number | null = () => null) {
    void this.keepLoading();
  }

  /** Asks now, beside the usual times. */
  async refresh(): Promise<void> {
    try {
      this.value = await this.load(this.page.signal);
      this.at = new Date();
      if (this.error instanceof Unreachable) {
        this.page.announce("The service answers again.");
      }
      this.error = undefined;
    } catch (error) {
      if (this.page.signal.aborted) {
        return;
      }
      if (error instanceof SessionEnded) {
        this.page.sessionEnded();
      }
      this.error = error as Error;
    }
    this.page.update();
  }

  private async keepLoading(): Promise<void> {
    for (;;) {
      await this.refresh();
      const seconds = this.error ? retryAfter(this.error) : this.everySeconds(this.value!);
      if (seconds === null || this.page.signal.aborted) {
        return;
      }
      await pause(seconds, this.page.signal);
    }
  }

  /** What a view shows of it: the value, or why there is none. */
  show(render: (value: T) => TemplateResult): TemplateResult {
    if (this.value === undefined) {
      return this.error ? failure(this.error) : loading();
    }
    return html`${this.error ? outdated(this.error, this.at!) : nothing}${render(this.value)}`;
  }
}

/** A change that somebody asks for: made once at a time, and what became of it. */
export class Action {
  busy = false;
  error: Error | undefined;

  /** @param page Rendered again when it begins and when it is over. */
  constructor(private readonly page: Pick<Page, "sessionEnded" | "update">) {}

  /** Does nothing while it is being made already. */
  async run(change: () => Promise<void>): Promise<void> {
    if (this.busy) {
      return;
    }
    this.busy = true;
    this.error = undefined;
    this.page.update();
    try {
      await change();
    } catch (error) {
      if (error instanceof SessionEnded) {
        this.page.sessionEnded();
      }
      this.error = error as Error;
    } finally {
      this.busy = false;
      this.page.update();
    }
  }

  /** Why it was not made, if so. */
  showError(): TemplateResult | typeof nothing {
    if (this.error === undefined) {
      return nothing;
    }
    const { error } = this;
    return html`<div class="notice danger" role="alert">${error instanceof SessionEnded ? "Your session has ended. Sign in again, then repeat it." : error.message}
      ${error instanceof Problem && error.status >= 500 ? html`<br><small>Trace <code>${error.traceId}</code>, ${error.code}</small>` : nothing}</div>`;
  }
}

/** Null: asking again wouldn't help. */
function retryAfter(error: Error): number | null {
  return error instanceof Unreachable || (error instanceof Problem && (error.status >= 500 || error.status === 429)) ? 3 : null;
}

/** Until the time is over and somebody looks, or the view is left. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
  if (document.hidden && !signal.aborted) {
    await new Promise<void>((resolve) => {
      document.addEventListener("visibilitychange", () => resolve(), { once: true });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

export function loading(): TemplateResult {
  return html`<div class="state" role="status"><span class="spinner" aria-hidden="true"></span> Loading…</div>`;
}

/** There is nothing: says why, and what would change it. */
export function empty(text: string, more: TemplateResult | typeof nothing = nothing): TemplateResult {
  return html`<div class="state empty"><p>${text}</p>${more}</div>`;
}

export function failure(error: Error): TemplateResult {
  if (error instanceof Problem && error.status === 403) {
    return html`<div class="state forbidden" role="alert"><h2>You may not see this</h2><p>${error.message}</p>
      <p>Ask whoever administers this service in Entra ID for it, then sign out and in again.</p></div>`;
  }
  if (error instanceof Unreachable) {
    return html`<div class="state failed" role="alert"><h2>The service does not answer</h2><p>Trying again every few seconds.</p></div>`;
  }
  if (error instanceof SessionEnded) {
    return html`<div class="state">Sign in again to go on.</div>`;
  }
  return html`<div class="state failed" role="alert"><h2>That did not work</h2><p>${error.message}</p>${problemDetails(error)}</div>`;
}

/** By field, and what to tell whoever looks into the log. */
export function problemDetails(error: Error): TemplateResult | typeof nothing {
  if (!(error instanceof Problem)) {
    return nothing;
  }
  const fields = Object.entries(error.errors);
  return html`${fields.length === 0 ? nothing : html`<ul>${fields.map(([field, messages]) => html`<li><b>${field}</b>: ${messages.join(" ")}</li>`)}</ul>`}
    ${error.traceId === undefined ? nothing : html`<p><small>Trace <code>${error.traceId}</code>, ${error.code}</small></p>`}`;
}

function outdated(error: Error, at: Date): TemplateResult {
  const why = error instanceof Unreachable ? "The service does not answer" : error instanceof SessionEnded ? "Your session has ended" : error.message;
  return html`<p class="notice warning" role="status">${why}. This is as of ${time(at)}${retryAfter(error) === null ? "" : "; trying again"}.</p>`;
}
