// The functions on Flex Consumption, with every setting that the code needs, and no other. None is a secret.

param planName string
param name string
param location string
param tags { *: string }

@description('Resource id of the identity as which the app runs.')
param identityId string

param identityClientId string

@description('Blob container that the code is deployed to, as an address.')
param packageContainer string

param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param reportingTableEndpoint string
param vaultEndpoint string
param insightsName string
param workspaceId string

@description('Subnet that the app runs in; empty: none.')
param subnetId string

param scale scaling
param entra entraApplication
param site siteDecisions

@description('Which part of the traces is kept, 0 to 1; empty: as the app and the host decide.')
param traceRatio string

@description('Whether the lines that host and functions log are also written to the workspace.')
param logLines bool

@export()
type scaling = {
  instanceMemoryMB: 512 | 2048 | 4096

  @minValue(1)
  @maxValue(1000)
  maximumInstanceCount: int

  @description('HTTP requests that one instance takes at the same time, before another is added.')
  @minValue(1)
  @maxValue(1000)
  httpConcurrency: int

  @description('Instances that are always there: of all HTTP functions (`http`), or of one other function (`function:IngestReports`).')
  alwaysReady: {
    name: string

    @minValue(1)
    instanceCount: int
  }[]
}

@export()
type entraApplication = {
  tenantId: string
  apiClientId: string
  dashboardClientId: string
}

@export()
@description('What README.md says under "Settings", for Atp:Site.')
type siteDecisions = {
  @minValue(1)
  @maxValue(256)
  shardCount: int

  configurationManagerVersion: 1910 | 2002 | 2006 | 2010 | 2107 | 2207

  @minValue(1)
  @maxValue(365)
  inactiveAfterDays: int

  @minValue(1)
  @maxValue(1440)
  checkInMinutes: int

  @description('Less than the vault keeps deleted secrets.')
  @minValue(1)
  @maxValue(89)
  keepDeletedDays: int

  @minValue(90)
  @maxValue(3650)
  keepDays: int
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled' // devices and administrators come from everywhere
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      remoteDebuggingEnabled: false
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: scale.instanceMemoryMB
        maximumInstanceCount: scale.maximumInstanceCount
        alwaysReady: scale.alwaysReady
        triggers: {
          http: {
            perInstanceConcurrency: scale.httpConcurrency
          }
        }
      }
    }
  }

  // Deploying takes an Entra ID token; user name and password open nothing.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }

  // No AzureFunctionsWebHost__hostid: the host makes it from the app's name, which no other app in this storage account has.
  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      // The queue triggers name no connection, so the host's account is the fleet's. Addresses, so that it works in every cloud.
      AzureWebJobsStorage__blobServiceUri: blobEndpoint
      AzureWebJobsStorage__queueServiceUri: queueEndpoint
      AzureWebJobsStorage__tableServiceUri: tableEndpoint
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      AZURE_CLIENT_ID: identityClientId
      // The second is what the host reads, since local authentication is off; the app signs in as AZURE_CLIENT_ID.
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      OTEL_TRACES_SAMPLER: empty(traceRatio) ? '' : 'parentbased_traceidratio'
      OTEL_TRACES_SAMPLER_ARG: traceRatio
      Atp__Storage__TableEndpoint: tableEndpoint
      Atp__Storage__BlobEndpoint: blobEndpoint
      Atp__Storage__QueueEndpoint: queueEndpoint
      Atp__Storage__ReportingTableEndpoint: reportingTableEndpoint
      Atp__KeyVault__Endpoint: vaultEndpoint
      Atp__Entra__Authority: '${environment().authentication.loginEndpoint}${entra.tenantId}/v2.0'
      Atp__Entra__Audience: entra.apiClientId
      Atp__Entra__DashboardClientId: entra.dashboardClientId
      Atp__Site__ShardCount: string(site.shardCount)
      Atp__Site__ConfigurationManagerVersion: string(site.configurationManagerVersion)
      Atp__Site__InactiveAfterDays: string(site.inactiveAfterDays)
      Atp__Site__CheckInMinutes: string(site.checkInMinutes)
      Atp__Site__KeepDeletedDays: string(site.keepDeletedDays)
      Atp__Site__KeepDays: string(site.keepDays)
    }
  }
}

// What is said before Application Insights is there: why the app doesn't start, for one.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (logLines) {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
  }
}

output name string = app.name
output uri string = 'https://${app.properties.defaultHostName}'
