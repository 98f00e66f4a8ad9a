// What somebody must be told of. Each query has rows only when something is wrong, also when what should be there is missing.

param location string
param tags { *: string }
param workspaceId string

@description('Who is told by e-mail; empty: alerts are in the portal only.')
param email string

var alerts = [
  {
    name: 'poison-messages'
    title: 'Messages were given up'
    severity: 2
    windowSize: 'PT30M'
    dimensions: [
      'Queue'
    ]
    description: 'A message failed five times and waits in a poison queue. Read why in the log, mend it, then: atp poison replay. docs/operations.md#poison-messages'
    query: '''
      AppMetrics
      | where Name == 'atp.poison.messages'
      | summarize arg_max(TimeGenerated, Sum, ItemCount) by Queue = tostring(Properties['queue'])
      | where Sum / ItemCount > 0
    '''
  }
  {
    name: 'failed-timers'
    title: 'A timer failed or did not run'
    severity: 1
    windowSize: 'PT30M'
    dimensions: []
    description: 'A run of RollUpHealth or Reconcile failed, or one of them has not run for half an hour: figures get old, and nothing mends what a crash left. atp status says which. docs/operations.md#failed-timers'
    query: '''
      AppMetrics
      | where Name in ('atp.timers.failed', 'atp.rollup.lag', 'atp.poison.messages')
      | summarize Failed = sumif(Sum, Name == 'atp.timers.failed'), RollUps = countif(Name == 'atp.rollup.lag'), Reconciles = countif(Name == 'atp.poison.messages')
      | where Failed > 0 or RollUps == 0 or Reconciles == 0
    '''
  }
  {
    name: 'stale-figures'
    title: 'Figures are stale'
    severity: 2
    windowSize: 'PT15M'
    dimensions: []
    description: 'The newest figures are older than two periods of the roll-up, or nobody says how old they are. docs/operations.md#stale-figures'
    query: '''
      AppMetrics
      | where Name == 'atp.rollup.lag'
      | summarize arg_max(TimeGenerated, Sum, ItemCount), Values = count()
      | where Values == 0 or Sum / ItemCount > 600
    '''
  }
  {
    name: 'server-errors'
    title: 'Calls end in 5xx'
    severity: 2
    windowSize: 'PT15M'
    dimensions: []
    description: 'One call in a hundred, and five at least, ended in a 5xx within 15 minutes. The log has each with its trace; 503 alone means that storage was busy. docs/operations.md#server-errors'
    query: '''
      AppRequests
      | extend Status = toint(ResultCode)
      | where Status >= 100
      | summarize Failed = sumif(ItemCount, Status >= 500), Requests = sum(ItemCount)
      | where Failed >= 5 and Failed * 100 >= Requests
    '''
  }
]

resource recipients 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-atp'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'Atp'
    enabled: true
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: 'atp-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: alert.description
      severity: alert.severity
      enabled: true
      autoMitigate: true
      scopes: [
        workspaceId
      ]
      evaluationFrequency: 'PT5M'
      windowSize: alert.windowSize
      skipQueryValidation: true // a new workspace doesn't know its tables yet
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: [for dimension in alert.dimensions: { name: dimension, operator: 'Include', values: ['*'] }]
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: empty(email) ? [] : [recipients.id]
      }
    }
  }
]
