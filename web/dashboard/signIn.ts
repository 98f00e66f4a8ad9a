import {
  AuthError, CacheLookupPolicy, InteractionRequiredAuthError, ProtocolMode, PublicClientApplication, ServerError, type AccountInfo,
} from "@azure/msal-browser";
import { overHttpOnLoopback } from "./localIssuer";

/** Where and as which application people sign in, as `GET dashboard/sign-in` says. */
interface SignInSettings {
  authority: string;
  clientId: string;
  scope: string;
}

/** There was no answer at all, of the service or of the issuer of its tokens. */
export class Unreachable extends Error {
  constructor() {
    super("The service does not answer.");
  }
}

/** What MSAL calls it when the issuer doesn't answer. */
const issuerIsAway = ["network_error", "no_network_connectivity", "get_request_failed", "post_request_failed", "endpoint_resolution_error", "openid_config_error"];

/** The person's session is over: only signing in again helps. */
export class SessionEnded extends Error {}

/** Nobody can sign in here until an administrator of the site has set it up. */
export class NotSetUp extends Error {}

/** Who is signed in. */
export interface Person {
  name: string;
  /** App roles; undefined where the issuer puts none in identity tokens, and only the service knows them. */
  roles: string[] | undefined;
}

/** Signs people in against the issuer whose tokens the service takes: Entra ID, or the local one, by the same protocol. */
export class SignIn {
  private constructor(private readonly client: PublicClientApplication, private readonly scopes: string[], private account: AccountInfo | undefined) {}

  /** Takes up the answer of a sign-in that has just been made, or the session that this tab has. */
  static async open(): Promise<SignIn> {
    const answer = await fetch("sign-in").catch(() => { throw new Unreachable(); });
    if (!answer.ok) {
      throw new Error(`The service answers ${answer.status}.`);
    }
    const settings = (await answer.json()) as SignInSettings;
    if (settings.clientId === "") {
      throw new NotSetUp("This site has no application for the dashboard: set Atp:Entra:DashboardClientId to the client id of one.");
    }
    const home = location.origin + location.pathname;
    const local = overHttpOnLoopback(settings.authority);
    const client = new PublicClientApplication({
      auth: {
        clientId: settings.clientId,
        authority: local.authority,
        knownAuthorities: [new URL(local.authority).host],
        redirectUri: home,
        postLogoutRedirectUri: home,
      },
      cache: { cacheLocation: "sessionStorage" },
      // The issuer says by its metadata where its endpoints are, whoever it is.
      system: { protocolMode: ProtocolMode.OIDC, ...local.system },
    });
    await client.initialize();
    const signedIn = await client.handleRedirectPromise();
    return new SignIn(client, [settings.scope], signedIn?.account ?? client.getAllAccounts()[0]);
  }

  get person(): Person | undefined {
    return this.account && {
      name: this.account.name ?? this.account.username,
      roles: this.account.idTokenClaims?.roles,
    };
  }

  /** Leaves the page for the issuer's; it comes back to the same view. */
  async begin(): Promise<void> {
    await this.client.loginRedirect({ scopes: this.scopes });
  }

  /** An access token for the service; renewed when it is about to end. */
  async token(): Promise<string> {
    if (!this.account) {
      throw new SessionEnded();
    }
    try {
      const result = await this.client.acquireTokenSilent({
        scopes: this.scopes,
        account: this.account,
        // Without the hidden frame that would ask the issuer: the page may frame nothing.
        cacheLookupPolicy: CacheLookupPolicy.AccessTokenAndRefreshToken,
      });
      return result.accessToken;
    } catch (error) {
      // invalid_grant: the refresh token was revoked, or the session has lasted as long as the issuer lets it.
      if (error instanceof InteractionRequiredAuthError || (error instanceof ServerError && error.errorCode === "invalid_grant")) {
        throw new SessionEnded();
      }
      throw error instanceof AuthError && issuerIsAway.includes(error.errorCode) ? new Unreachable() : error;
    }
  }

  /** Forgets the session in this tab, and leaves the page to end it at the issuer, where that has an address for it. */
  async end(): Promise<void> {
    await this.client.logoutRedirect({ account: this.account ?? null });
    this.account = undefined;
  }
}
