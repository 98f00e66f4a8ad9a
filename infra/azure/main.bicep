// A whole site in one resource group. README.md beside it says what each module does, how to deploy and how it scales.

targetScope = 'subscription'

import { roles } from 'modules/roles.bicep'

@description('Names the site; azd asks for it, or it is AZURE_ENV_NAME.')
@minLength(1)
@maxLength(64)
param environmentName string

@minLength(1)
param location string

@description('The tenant whose tokens administrators bring.')
param entraTenantId string = tenant().tenantId

@description('Client id of the app registration of the API: the audience of the tokens.')
@minLength(36)
@maxLength(36)
param entraApiClientId string

@description('Client id of the app registration as which the dashboard signs people in; empty: nobody can.')
param entraDashboardClientId string = ''

@description('Object ids of the Entra groups that read the reporting tables, with Power BI for one.')
param analystGroupIds string[] = []

@description('Who is told of alerts by e-mail; empty: alerts are in the portal only.')
param alertEmail string = ''

@description('''Tables, queues, blobs and vault are reached from the virtual network only. Then devices outside of it can't add to the report
queue, and send with POST /api/agent/reports; analysts need a way into the network too, or use GET /api/feed. The app itself stays public.''')
param privateNetworking bool = false

@description('Of the virtual network, if there is one.')
param networkAddressPrefix string = '10.90.0.0/23'

@allowed([1910, 2002, 2006, 2010, 2107, 2207])
param configurationManagerVersion int = 2207

@description('An agent that connected longer ago is inactive.')
@minValue(1)
@maxValue(365)
param inactiveAfterDays int = 7

@description('How often devices are told to check in, before jitter.')
@minValue(1)
@maxValue(1440)
param checkInMinutes int = 60

@description('How long a deleted policy can be recovered.')
@minValue(1)
@maxValue(89)
param keepDeletedDays int = 7

@description('History and audit older than this are deleted.')
@minValue(90)
@maxValue(3650)
param keepDays int = 730

@description('For the life of the site: the app refuses to start with another number later.')
@minValue(1)
@maxValue(256)
param shardCount int = 64

@description('Copies within a zone (LRS), over three zones (ZRS), and in the paired region as well (GRS, GZRS).')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageRedundancy string = 'Standard_ZRS'

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('HTTP requests that one instance takes at the same time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

@description('Instances that are always there, by group: `http`, or `function:` and the name of one that is no HTTP function.')
param alwaysReady { name: string, instanceCount: int }[] = []

@description('Which part of the traces is kept, 0 to 1; empty: as the app and the host decide. Metrics are always whole.')
param traceRatio string = ''

@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Whether the lines that host and functions log go to the workspace too: two or more for each call.')
param logLines bool = true

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var insightsName = 'appi-atp-${token}'
var packages = 'app-package'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: 'id-atp-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-atp-${token}'
    insightsName: insightsName
    location: location
    tags: tags
    retentionDays: logRetentionDays
    assignments: [
      {
        role: roles.monitoringMetricsPublisher
        principalId: identity.outputs.principalId
        principalType: 'ServicePrincipal'
      }
    ]
  }
}

// Rights on the account, not on single tables and queues: the app makes what is missing whenever it starts.
module fleet 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'stfleet${token}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    privateOnly: privateNetworking
    containers: [
      packages
    ]
    assignments: [
      for role in [
        roles.storageBlobDataOwner // what the functions host asks for: locks, state of timers, keys; it covers the app's own files
        roles.storageQueueDataContributor // triggers and poison queues of the host, messages of the app
        roles.storageQueueDelegator // asks for the key that signs the report address of a device
        roles.storageTableDataContributor // rows of the app, diagnostic events of the host
      ]: {
        role: role
        principalId: identity.outputs.principalId
        principalType: 'ServicePrincipal'
      }
    ]
    // Files: all, since each is worth knowing, and there are few. Tables: changes, to compare with the audit; reads are as many as
    // check-ins, and all of the app. Queues: none; every message is signed or names rows, and polling would be most of it.
    blobLogs: ['StorageRead', 'StorageWrite', 'StorageDelete']
    tableLogs: ['StorageWrite', 'StorageDelete']
    workspaceId: monitoring.outputs.workspaceId
  }
}

module reporting 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'streport${token}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    privateOnly: privateNetworking
    assignments: concat(
      [
        {
          role: roles.storageTableDataContributor
          principalId: identity.outputs.principalId
          principalType: 'ServicePrincipal'
        }
      ],
      map(analystGroupIds, groupId => {
        role: roles.storageTableDataReader
        principalId: groupId
        principalType: 'Group'
      })
    )
    // Who reads the figures is worth knowing; what the app writes is a few rows every five minutes.
    blobLogs: []
    tableLogs: ['StorageRead', 'StorageWrite', 'StorageDelete']
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: 'kv-atp-${token}'
    location: location
    tags: tags
    privateOnly: privateNetworking
    assignments: [
      {
        role: roles.keyVaultSecretsOfficer // it sets, reads, deletes and recovers secrets, and no keys or certificates
        principalId: identity.outputs.principalId
        principalType: 'ServicePrincipal'
      }
    ]
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    name: 'vnet-atp-${token}'
    location: location
    tags: tags
    addressPrefix: networkAddressPrefix
    targets: [
      { name: 'fleet-blob', resourceId: fleet.outputs.id, service: 'blob' }
      { name: 'fleet-queue', resourceId: fleet.outputs.id, service: 'queue' }
      { name: 'fleet-table', resourceId: fleet.outputs.id, service: 'table' }
      { name: 'reporting-table', resourceId: reporting.outputs.id, service: 'table' }
      { name: 'vault', resourceId: vault.outputs.id, service: 'vault' }
    ]
  }
}

module functions 'modules/functions.bicep' = {
  scope: group
  params: {
    planName: 'plan-atp-${token}'
    name: 'func-atp-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    packageContainer: '${fleet.outputs.blobEndpoint}${packages}'
    blobEndpoint: fleet.outputs.blobEndpoint
    queueEndpoint: fleet.outputs.queueEndpoint
    tableEndpoint: fleet.outputs.tableEndpoint
    reportingTableEndpoint: reporting.outputs.tableEndpoint
    vaultEndpoint: vault.outputs.endpoint
    insightsName: insightsName
    workspaceId: monitoring.outputs.workspaceId
    subnetId: network.?outputs.functionsSubnetId ?? ''
    scale: {
      instanceMemoryMB: instanceMemoryMB
      maximumInstanceCount: maximumInstanceCount
      httpConcurrency: httpConcurrency
      alwaysReady: alwaysReady
    }
    entra: {
      tenantId: entraTenantId
      apiClientId: entraApiClientId
      dashboardClientId: entraDashboardClientId
    }
    site: {
      shardCount: shardCount
      configurationManagerVersion: configurationManagerVersion
      inactiveAfterDays: inactiveAfterDays
      checkInMinutes: checkInMinutes
      keepDeletedDays: keepDeletedDays
      keepDays: keepDays
    }
    traceRatio: traceRatio
    logLines: logLines
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    email: alertEmail
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

// azd keeps these as values of the environment.
output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_TENANT_ID string = tenant().tenantId
output SERVICE_FUNCTIONS_NAME string = functions.outputs.name
output SERVICE_FUNCTIONS_URI string = functions.outputs.uri
output FUNCTION_APP_NAME string = functions.outputs.name
output DASHBOARD_URL string = '${functions.outputs.uri}/api/dashboard/'
output KEY_VAULT_ENDPOINT string = vault.outputs.endpoint
output FLEET_STORAGE_ACCOUNT_NAME string = fleet.outputs.name
output REPORTING_STORAGE_ACCOUNT_NAME string = reporting.outputs.name
output REPORTING_TABLE_ENDPOINT string = reporting.outputs.tableEndpoint
