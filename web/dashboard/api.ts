import type { components } from "../dist/api";
import { SessionEnded, Unreachable, type SignIn } from "./signIn";

export { Unreachable };

/** What the API answers, as openapi.yaml describes it. */
export type Schemas = components["schemas"];

/** What the service said it can't do, and why. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** By field. */
    readonly errors: Record<string, string[]>,
    readonly traceId: string | undefined,
    /** The whole answer: some say more. */
    readonly body: Record<string, unknown>,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

/** An answer with the revision that a change must name. */
export interface Tagged<T> {
  value: T;
  etag: string;
}

interface CallOptions {
  query?: Query;
  body?: unknown;
  ifMatch?: string;
  /** Of a change that must happen once however often it is sent. */
  repeatabilityRequestId?: string;
  signal?: AbortSignal;
}

/** The service's HTTP API, with the token of who is signed in. */
export class Api {
  constructor(private readonly signIn: SignIn) {}

  /** @param path below /api, or the nextLink of a list. */
  async get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
    return (await this.call<T>("GET", path, { ...(query && { query }), ...(signal && { signal }) })).value;
  }

  /** A whole list, page after page. */
  async list<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T[]> {
    const all: T[] = [];
    let page = await this.get<{ value: T[]; nextLink?: string }>(path, query, signal);
    all.push(...page.value);
    while (page.nextLink !== undefined) {
      page = await this.get(page.nextLink, undefined, signal);
      all.push(...page.value);
    }
    return all;
  }

  async send<T>(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, options: CallOptions = {}): Promise<T> {
    return (await this.call<T>(method, path, options)).value;
  }

  /** @throws Problem, Unreachable, SessionEnded, and what fetch throws when the signal aborts it. */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<Tagged<T>> {
    const url = new URL(path.startsWith("/") ? path : `../${path}`, location.href.split("#")[0]);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined && value !== "") {
        url.searchParams.set(name, String(value));
      }
    }
    const headers: Record<string, string> = { authorization: `Bearer ${await this.signIn.token()}`, accept: "application/json" };
    if (options.ifMatch !== undefined) {
      headers["if-match"] = options.ifMatch;
    }
    if (options.repeatabilityRequestId !== undefined) {
      headers["repeatability-request-id"] = options.repeatabilityRequestId;
    }
    let body: BodyInit | null = null;
    if (options.body instanceof FormData) {
      body = options.body;
    } else if (options.body !== undefined) {
      body = JSON.stringify(options.body);
      headers["content-type"] = "application/json";
    }
    let answer: Response;
    try {
      answer = await fetch(url, { method, headers, body, signal: options.signal ?? null, redirect: "error" });
    } catch (error) {
      throw error instanceof TypeError ? new Unreachable() : error;
    }
    if (answer.status === 401) {
      throw new SessionEnded();
    }
    if (!answer.ok) {
      throw await problemOf(answer);
    }
    const value = answer.status === 204 ? undefined : await answer.json();
    return { value: value as T, etag: answer.headers.get("etag") ?? "" };
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  const body = (answer.headers.get("content-type") ?? "").includes("json") ? ((await answer.json()) as Record<string, unknown>) : {};
  return new Problem(
    answer.status,
    String(body["code"] ?? `http-${answer.status}`),
    String(body["detail"] ?? body["title"] ?? `The service answers ${answer.status}.`),
    (body["errors"] as Record<string, string[]> | undefined) ?? {},
    body["traceId"] as string | undefined,
    body,
  );
}
