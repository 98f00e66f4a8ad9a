// The operator's view: workbook.json, over the site's workspace.

param location string
param tags { *: string }
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'atp-operator')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Atp: operation'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: replace(loadTextContent('../workbook.json'), '{workspaceId}', workspaceId)
  }
}
