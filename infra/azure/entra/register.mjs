// Registers a site in Microsoft Entra ID: the API with its app roles and one scope, and the dashboard as a single-page application that may
// use it. azd runs this before and after it provisions (azure.yaml); it signs in as azd does, and tells azd the client ids.
//
// It only adds: what is there already, made by it or by hand, stays as it is. So a second run changes nothing.
//
// AZURE_ENV_NAME          names the registrations
// ENTRA_API_CLIENT_ID,    the registrations to complete instead; set by the first run
// ENTRA_DASHBOARD_CLIENT_ID
// DASHBOARD_URL           where people sign in; an output of the template
// ATP_FEED_ADDRESS        https address of the feed, of a domain that the tenant has verified: Power Query may then sign in to it
// ENTRA_REGISTER          false: somebody else keeps the registrations, and both ids are given
// ATP_GRAPH_ENDPOINT      of a national cloud

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const env = process.env;
const wanted = JSON.parse(readFileSync(new URL('api.json', import.meta.url), 'utf8'));

/** As which Power BI Desktop, Excel and the gateway sign in to an OData feed, and the refresh in the Power BI service. */
const powerQuery = ['a672d62c-fc7b-4e81-a576-e60dc46e951d', 'b52893c8-bc2e-47fc-918b-77022b299bbc'];

const graphEndpoint = new URL(env.ATP_GRAPH_ENDPOINT || 'https://graph.microsoft.com');
let token = '';
let changed = 0;

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function main() {
  if (env.ENTRA_REGISTER === 'false') {
    if (!env.ENTRA_API_CLIENT_ID || !env.ENTRA_DASHBOARD_CLIENT_ID) {
      throw new Error('ENTRA_REGISTER is false, so ENTRA_API_CLIENT_ID and ENTRA_DASHBOARD_CLIENT_ID must be set.');
    }
    return;
  }
  if (!env.AZURE_ENV_NAME) throw new Error('AZURE_ENV_NAME is missing. azd sets it: azd hooks run preprovision.');
  const dashboardUrl = httpsAddress('DASHBOARD_URL');
  const feedAddress = httpsAddress('ATP_FEED_ADDRESS');
  token = signIn();

  const api = await application('ENTRA_API_CLIENT_ID', `atp-functions-${env.AZURE_ENV_NAME}`, {
    appRoles: wanted.appRoles,
    api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [wanted.scope] },
  });
  const scopes = added(api.api.oauth2PermissionScopes, [wanted.scope], scope => scope.value);
  const scopeId = scopes.find(scope => scope.value === wanted.scope.value).id;
  await complete(api, {
    appRoles: added(api.appRoles, wanted.appRoles, role => role.value),
    identifierUris: added(api.identifierUris, [`api://${api.appId}`, ...(feedAddress ? [feedAddress.origin] : [])]),
    api: { ...api.api, requestedAccessTokenVersion: 2, oauth2PermissionScopes: scopes },
  });

  const dashboard = await application('ENTRA_DASHBOARD_CLIENT_ID', `atp-dashboard-${env.AZURE_ENV_NAME}`, {});
  const access = { resourceAppId: api.appId, resourceAccess: [{ id: scopeId, type: 'Scope' }] };
  await complete(dashboard, {
    spa: { redirectUris: added(dashboard.spa?.redirectUris, dashboardUrl ? [dashboardUrl.href] : []) },
    requiredResourceAccess: added(dashboard.requiredResourceAccess, [access], resource => resource.resourceAppId),
  });

  // So that nobody has to consent. Last, since Entra ID must know the scope and the client before.
  const clients = [dashboard.appId, ...(feedAddress ? powerQuery : [])].map(appId => ({ appId, delegatedPermissionIds: [scopeId] }));
  await complete(api, {
    api: { ...api.api, preAuthorizedApplications: added(api.api.preAuthorizedApplications, clients, client => client.appId) },
  });

  const isNew = await servicePrincipal(api, true);
  await servicePrincipal(dashboard, false);
  tellAzd('ENTRA_API_CLIENT_ID', api.appId);
  tellAzd('ENTRA_DASHBOARD_CLIENT_ID', dashboard.appId);
  if (changed === 0) console.log('The registrations in Entra ID are complete.');
  if (isNew) {
    console.log(`Nobody may use it yet: give people roles in the portal, Enterprise applications > ${api.displayName} > Users and groups.`);
  }
}

/** The registration that azd knows, else the one of that name, else a new one. */
async function application(setting, name, properties) {
  const known = env[setting];
  const found = await graph('GET', known ? `applications(appId='${known}')` : `applications(uniqueName='${encodeURIComponent(name)}')`);
  if (found) return found;
  if (known) {
    throw new Error(`${setting} is ${known}, but this tenant has no such registration. After azd env set ${setting} "" a new one is made.`);
  }
  const created = await graph('PATCH', `applications(uniqueName='${encodeURIComponent(name)}')`,
    { displayName: name, signInAudience: 'AzureADMyOrg', ...properties }, { Prefer: 'create-if-missing' });
  say(`Registered ${name}, ${created.appId}`);
  return created;
}

/** Patches what differs, and only that. */
async function complete(app, properties) {
  const differing = Object.entries(properties).filter(([name, value]) => !same(value, app[name]));
  if (differing.length === 0) return;
  await graph('PATCH', `applications/${app.id}`, Object.fromEntries(differing));
  Object.assign(app, properties);
  say(`Completed ${app.displayName}: ${differing.map(([name]) => name).join(', ')}`);
}

/** The application in this tenant, to which roles are assigned. With `assignment`, only to people and applications that have one. */
async function servicePrincipal(app, assignment) {
  if (await graph('GET', `servicePrincipals(appId='${app.appId}')`)) return false;
  await graph('POST', 'servicePrincipals',
    { appId: app.appId, appRoleAssignmentRequired: assignment, tags: ['WindowsAzureActiveDirectoryIntegratedApp'] });
  say(`Added ${app.displayName} to the enterprise applications`);
  return true;
}

/** What is there, and then what is missing. */
function added(present, more, key = item => item) {
  const keys = new Set((present ?? []).map(key));
  return [...(present ?? []), ...more.filter(item => !keys.has(key(item)))];
}

/** Whatever properties the answer has besides those that matter here. */
function same(value, present) {
  if (Array.isArray(value)) return value.length === (present ?? []).length && value.every((v, i) => same(v, present[i]));
  if (value && typeof value === 'object') return Object.entries(value).every(([name, v]) => same(v, present?.[name]));
  return (value ?? null) === (present ?? null);
}

/** Undefined for what isn't there. Writes are tried again for a while: Entra ID takes seconds to know what was just made. */
async function graph(method, path, body, headers = {}) {
  for (let wait = 1; ; wait *= 2) {
    const answer = await fetch(new URL(`v1.0/${path}`, graphEndpoint), {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return text ? JSON.parse(text) : undefined;
    if (method === 'GET' && answer.status === 404) return undefined;
    if (![400, 404, 429, 503].includes(answer.status) || wait > 8) {
      throw new Error(`Microsoft Graph, ${method} ${path}: ${answer.status} ${reason(text)}`);
    }
    await new Promise(resolve => setTimeout(resolve, wait * 1000));
  }
}

function reason(text) {
  try {
    const { error } = JSON.parse(text);
    return `${error.code}: ${error.message}`;
  } catch {
    return text.slice(0, 200);
  }
}

function signIn() {
  if (graphEndpoint.protocol !== 'https:' && graphEndpoint.hostname !== '127.0.0.1') {
    throw new Error(`ATP_GRAPH_ENDPOINT is ${graphEndpoint.href}: a token goes there, so it must be https.`);
  }
  const scope = `${graphEndpoint.protocol === 'https:' ? graphEndpoint.origin : 'https://graph.microsoft.com'}/.default`;
  const tenant = env.AZURE_TENANT_ID ? ['--tenant-id', env.AZURE_TENANT_ID] : [];
  return JSON.parse(azd('auth', 'token', '--output', 'json', '--scope', scope, ...tenant)).token;
}

function tellAzd(name, value) {
  if (env[name] !== value) azd('env', 'set', name, value);
}

function azd(...args) {
  return execFileSync('azd', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function httpsAddress(name) {
  if (!env[name]) return null;
  const address = URL.canParse(env[name]) ? new URL(env[name]) : null;
  if (address?.protocol !== 'https:') throw new Error(`${name} is ${env[name]}; it must be an https address.`);
  return address;
}

function say(line) {
  changed++;
  console.log(line);
}
