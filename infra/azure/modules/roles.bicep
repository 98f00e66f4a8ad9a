// What may be assigned, and to whom. Each module assigns on its own resource, and nothing on the group or the subscription.

@export()
@description('A built-in role that somebody gets on the resource of the module.')
type assignment = {
  @description('Id of the role: one of `roles`.')
  role: string

  @description('Object id of the identity or group.')
  principalId: string

  principalType: 'ServicePrincipal' | 'Group'
}

@export()
var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageQueueDelegator: '7ee386e9-84f0-448e-80a6-f185f6533131'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}
