// A storage account that nobody opens with a key. The app makes its tables, queues and container itself when it starts.

import { assignment } from 'roles.bicep'

param name string
param location string
param tags { *: string }

@description('Sku name, such as Standard_ZRS.')
param redundancy string

@description('Only private endpoints lead to it.')
param privateOnly bool

@description('Blob containers that must be there before the app starts.')
param containers string[] = []

param assignments assignment[]

@description('What is written to the workspace about blobs.')
param blobLogs ('StorageRead' | 'StorageWrite' | 'StorageDelete')[]

@description('What is written to the workspace about tables.')
param tableLogs ('StorageRead' | 'StorageWrite' | 'StorageDelete')[]

param workspaceId string

@description('How many days a deleted blob or container, and a version that was replaced, can be brought back.')
@minValue(7)
@maxValue(365)
param recoveryDays int = 30

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: true
      deleteRetentionPolicy: {
        enabled: true
        days: recoveryDays
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: recoveryDays
      }
    }

    resource container 'containers' = [
      for container in containers: {
        name: container
        properties: {
          publicAccess: 'None'
        }
      }
    ]
  }

  resource tables 'tableServices' = {
    name: 'default'
  }

  // The host writes the state of a timer with each of its runs, which leaves a version every time.
  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'versions-that-were-replaced'
            type: 'Lifecycle'
            definition: {
              filters: {
                blobTypes: [
                  'blockBlob'
                ]
              }
              actions: {
                version: {
                  delete: {
                    daysAfterCreationGreaterThan: recoveryDays
                  }
                }
              }
            }
          }
        ]
      }
    }
    dependsOn: [
      blobs // versioning first: a rule on versions is refused without
    ]
  }
}

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(blobLogs)) {
  name: 'to-workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [for category in blobLogs: { category: category, enabled: true }]
  }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::tables
  properties: {
    workspaceId: workspaceId
    logs: [for category in tableLogs: { category: category, enabled: true }]
  }
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for assignment in assignments: {
    name: guid(account.id, assignment.principalId, assignment.role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', assignment.role)
      principalId: assignment.principalId
      principalType: assignment.principalType
    }
  }
]

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
