// Where logs, traces and metrics go. Nobody sends with a key: the connection string alone opens nothing.

import { assignment } from 'roles.bicep'

param workspaceName string
param insightsName string
param location string
param tags { *: string }

@description('Days that logs are kept. They hold device ids, addresses and the names of administrators.')
@minValue(30)
@maxValue(730)
param retentionDays int

param assignments assignment[]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
    DisableIpMasking: false
  }
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for assignment in assignments: {
    name: guid(insights.id, assignment.principalId, assignment.role)
    scope: insights
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', assignment.role)
      principalId: assignment.principalId
      principalType: assignment.principalType
    }
  }
]

output workspaceId string = workspace.id
