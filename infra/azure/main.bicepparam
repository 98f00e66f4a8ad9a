// Values of the azd environment (azd env set NAME VALUE); what isn't set has the default. AZURE_ENV_NAME, AZURE_LOCATION: azd asks.

using 'main.bicep'

var analysts = readEnvironmentVariable('ATP_ANALYST_GROUP_IDS', '')
var ready = readEnvironmentVariable('ATP_ALWAYS_READY', '')

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

// Set by the registration in Entra ID.
param entraApiClientId = readEnvironmentVariable('ENTRA_API_CLIENT_ID')
param entraDashboardClientId = readEnvironmentVariable('ENTRA_DASHBOARD_CLIENT_ID', '')

// Object ids with commas between them.
param analystGroupIds = empty(analysts) ? [] : map(split(analysts, ','), id => trim(id))
param alertEmail = readEnvironmentVariable('ATP_ALERT_EMAIL', '')

param privateNetworking = bool(readEnvironmentVariable('ATP_PRIVATE_NETWORKING', 'false'))
param networkAddressPrefix = readEnvironmentVariable('ATP_NETWORK_ADDRESS_PREFIX', '10.90.0.0/23')

param configurationManagerVersion = any(int(readEnvironmentVariable('ATP_CONFIGURATION_MANAGER_VERSION', '2207')))
param inactiveAfterDays = int(readEnvironmentVariable('ATP_INACTIVE_AFTER_DAYS', '7'))
param checkInMinutes = int(readEnvironmentVariable('ATP_CHECK_IN_MINUTES', '60'))
param keepDeletedDays = int(readEnvironmentVariable('ATP_KEEP_DELETED_DAYS', '7'))
param keepDays = int(readEnvironmentVariable('ATP_KEEP_DAYS', '730'))
param shardCount = int(readEnvironmentVariable('ATP_SHARD_COUNT', '64'))

param storageRedundancy = readEnvironmentVariable('ATP_STORAGE_REDUNDANCY', 'Standard_ZRS')
param instanceMemoryMB = any(int(readEnvironmentVariable('ATP_INSTANCE_MEMORY_MB', '2048')))
param maximumInstanceCount = int(readEnvironmentVariable('ATP_MAXIMUM_INSTANCE_COUNT', '100'))
param httpConcurrency = int(readEnvironmentVariable('ATP_HTTP_CONCURRENCY', '16'))

// Such as http=1,function:IngestReports=1
param alwaysReady = empty(ready)
  ? []
  : map(split(ready, ','), one => { name: trim(first(split(one, '='))), instanceCount: int(last(split(one, '='))) })

param traceRatio = readEnvironmentVariable('ATP_TRACE_RATIO', '')
param logRetentionDays = int(readEnvironmentVariable('ATP_LOG_RETENTION_DAYS', '90'))
param logLines = bool(readEnvironmentVariable('ATP_LOG_LINES', 'true'))
