import type { BrowserSystemOptions, INetworkModule } from "@azure/msal-browser";

/**
 * MSAL speaks to issuers over https only, and the local one has no certificate that a browser would trust. So for an issuer on this
 * machine, and for no other, MSAL is told https, and the wire is http.
 */
export function overHttpOnLoopback(authority: string): { authority: string; system: BrowserSystemOptions } {
  const issuer = new URL(authority);
  if (issuer.protocol !== "http:" || (issuer.hostname !== "127.0.0.1" && issuer.hostname !== "localhost")) {
    return { authority, system: {} };
  }
  const [told, real] = [`https://${issuer.host}`, issuer.origin];
  const onWire = (url: string) => url.replace(told, real);

  async function send<T>(method: string, url: string, options?: { headers?: Record<string, string>; body?: string }) {
    const answer = await fetch(onWire(url), { method, headers: options?.headers ?? {}, body: options?.body ?? null });
    const body = (await answer.text()).replaceAll(real, told);
    return { headers: Object.fromEntries(answer.headers), body: JSON.parse(body) as T, status: answer.status };
  }

  const networkClient: INetworkModule = {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  };
  const navigate = (url: string): Promise<boolean> => {
    location.assign(onWire(url));
    return new Promise(() => {}); // the page is being left
  };
  return {
    authority: authority.replace(real, told),
    system: { networkClient, navigationClient: { navigateExternal: navigate, navigateInternal: navigate } },
  };
}
