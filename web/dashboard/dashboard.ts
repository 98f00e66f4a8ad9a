import "./dashboard.css";
import { html, nothing, render, type TemplateResult } from "lit-html";
import { Api, Unreachable } from "./api";
import { failure, loading, type CreateView, type Page, type View } from "./page";
import { currentAddress, link } from "./router";
import { NotSetUp, SignIn } from "./signIn";
import { createDevice } from "./views/device";
import { createDevices } from "./views/devices";
import { createDeploy } from "./views/deploy";
import { createDeployment } from "./views/deployment";
import { createDeployments } from "./views/deployments";
import { createNewPolicy } from "./views/newPolicy";
import { createOverview } from "./views/overview";
import { createPolicies } from "./views/policies";
import { createPolicy } from "./views/policy";

/** Every view, by its address; those with a label are in the navigation. */
const views: Record<string, { create: CreateView; label?: string }> = {
  "": { create: createOverview, label: "Overview" },
  "devices": { create: createDevices, label: "Devices" },
  "device": { create: createDevice },
  "deployments": { create: createDeployments, label: "Deployments" },
  "deployment": { create: createDeployment },
  "deploy": { create: createDeploy },
  "policies": { create: createPolicies, label: "Policies" },
  "policy": { create: createPolicy },
  "new-policy": { create: createNewPolicy },
};

const root = document.getElementById("page")!;
let signIn: SignIn | undefined;
let startError: Error | undefined;
let sessionEnded = false;
let announcement = "";
let view: View | undefined;
let left = new AbortController();

function draw(): void {
  render(body(), root);
  document.title = `${signIn?.person && view ? `${view.title} · ` : ""}Microsoft Defender ATP`;
}

function body(): TemplateResult {
  if (startError) {
    return signedOut(startError instanceof NotSetUp ? html`<p role="alert">${startError.message}</p>`
      : html`${failure(startError)}${startError instanceof Unreachable ? nothing : html`<button @click=${startAgain}>Start again</button>`}`);
  }
  if (!signIn) {
    return signedOut(loading());
  }
  if (!signIn.person) {
    return signedOut(html`<p>Onboarding status and agent health of this organisation's devices.</p>
      <button class="primary" @click=${beginSignIn}>Sign in</button>`);
  }
  const current = currentAddress().view;
  return html`
    <a class="skip" href="#main" @click=${skipToMain}>Skip to the content</a>
    <header>
      <span class="brand">Microsoft Defender ATP</span>
      <nav aria-label="Views">${Object.entries(views).map(([address, { label }]) => label === undefined ? nothing
        : html`<a href=${link(address)} aria-current=${address === current ? "page" : nothing}>${label}</a>`)}</nav>
      <span class="person">${signIn.person.name} <button @click=${signOut}>Sign out</button></span>
    </header>
    ${sessionEnded ? html`<div class="notice warning" role="alert">Your session has ended. What you see is from before.
      <button class="primary" @click=${beginSignIn}>Sign in again</button></div>` : nothing}
    <main id="main" tabindex="-1"><h1>${view?.title}</h1>${view?.render()}</main>
    <div class="unseen" role="status" aria-live="polite">${announcement}</div>`;
}

function signedOut(content: TemplateResult): TemplateResult {
  return html`<main class="signed-out"><h1>Microsoft Defender ATP</h1>${content}</main>`;
}

function beginSignIn(): void {
  signIn!.begin().catch((error: Error) => { startError = error; draw(); });
}

/** Without what the issuer put into the address. */
function startAgain(): void {
  location.replace(location.pathname);
}

async function signOut(): Promise<void> {
  left.abort();
  await signIn!.end();
  sessionEnded = false;
  draw();
}

function skipToMain(event: Event): void {
  event.preventDefault(); // the address is the view's
  document.getElementById("main")!.focus();
}

/** Opens the view of the address, and leaves the one before. */
function open(): void {
  left.abort();
  left = new AbortController();
  const { view: name, parameters } = currentAddress();
  const { create } = views[name] ?? views[""]!;
  view = create(pageFor(left.signal), parameters);
  draw();
}

function pageFor(signal: AbortSignal): Page {
  const { person } = signIn!;
  return {
    api: new Api(signIn!),
    person: person!,
    signal,
    update: () => { if (!signal.aborted) { draw(); } },
    announce: (text) => { announcement = text; draw(); },
    sessionEnded: () => { sessionEnded = true; },
    may: (...roles) => person!.roles === undefined || roles.some((role) => person!.roles!.includes(role)),
  };
}

async function start(): Promise<void> {
  draw();
  try {
    signIn = await SignIn.open();
    startError = undefined;
  } catch (error) {
    startError = error as Error;
    draw();
    if (error instanceof Unreachable) {
      setTimeout(() => void start(), 3000);
    }
    return;
  }
  if (!signIn.person) {
    draw();
    return;
  }
  open();
  addEventListener("hashchange", () => {
    open();
    document.getElementById("main")!.focus(); // a new view begins at its heading, for who hears the page too
    scrollTo(0, 0);
  });
}

void start();
