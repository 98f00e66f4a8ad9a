import { html } from "lit-html";
import type { Schemas } from "../api";
import { number, percent, time } from "../format";
import { empty, Loaded, type CreateView } from "../page";
import "../chart";

/** Onboarding status and agent health of the whole site. */
export const createOverview: CreateView = (page) => {
  const summary = new Loaded(page, (signal) => page.api.get<Schemas["HealthSummary"]>("health/summary", {}, signal), () => 30);
  return {
    title: "Overview",
    render: () => summary.show(({ site, asOf }) => site === undefined
      ? empty("There are no figures yet: the first roll-up has not run.")
      : html`<p>As of ${time(asOf)}</p><p>${number(site.onboarded)} of ${number(site.eligible)}: ${percent(site.onboardingPercent)}</p>`),
  };
};
