using Atp.Core.Agent;
using Atp.Core.Audit;
using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Health;
using Atp.Core.Poison;
using Atp.Core.Policies;
using Atp.Core.Secrets;
using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Core.Telemetry;
using Atp.Functions.Http;
using Atp.Functions.Telemetry;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Atp.Functions;

/// <summary>The whole app, composed: Program.cs, the command line and the tests start the same.</summary>
public static class AtpFunctions
{
    private static readonly string[] EndpointSettings =
    [
        "Atp:Storage:TableEndpoint", "Atp:Storage:BlobEndpoint", "Atp:Storage:QueueEndpoint", "Atp:Storage:ReportingTableEndpoint",
        "Atp:KeyVault:Endpoint", "Atp:Entra:Authority", "Atp:LocalTrust:TokenEndpoint",
    ];

    public static FunctionsApplicationBuilder AddAtp(this FunctionsApplicationBuilder builder)
    {
        // The order of registration is the order of nesting.
        builder.UseMiddleware<InvocationTracing>();
        builder.UseMiddleware<DroppedMessages>();
        builder.UseMiddleware<ProblemMiddleware>();
        builder.UseMiddleware<AccessMiddleware>();

        // It writes whole addresses, and so a token that somebody sent in the query. The host logs each invocation by its name.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        builder.AddAtpTelemetry();
        AddOptions<StorageOptions>(builder, StorageOptions.Section);
        AddOptions<KeyVaultOptions>(builder, KeyVaultOptions.Section);
        AddOptions<EntraOptions>(builder, EntraOptions.Section);
        AddOptions<LimitOptions>(builder, LimitOptions.Section);
        AddOptions<SiteOptions>(builder, SiteOptions.Section);
        AddOptions<ConfigurationFileOptions>(builder, ConfigurationFileOptions.Section);
        if (builder.Configuration.GetSection(LocalTrust.Section).Exists())
        {
            AddOptions<LocalTrust>(builder, LocalTrust.Section).Validate(
                _ => LocalTrust.AreLoopback(Endpoints(builder.Configuration)),
                $"{LocalTrust.Section} is for development on one machine, but an endpoint is not loopback. Remove the {LocalTrust.Section} settings.");
            services.AddSingleton(s => s.GetRequiredService<IOptions<LocalTrust>>().Value);
        }

        services.AddSingleton<TokenCredential>(s => s.GetService<LocalTrust>()?.Credential()
            ?? new ManagedIdentityCredential(builder.Configuration["AZURE_CLIENT_ID"] is { Length: > 0 } clientId
                ? ManagedIdentityId.FromUserAssignedClientId(clientId)
                : ManagedIdentityId.SystemAssigned));
        services.AddSingleton(s => s.GetRequiredService<IOptions<SiteOptions>>().Value.ToSettings());
        services.AddSingleton<AtpMetrics>();
        services.AddSingleton<StorageTransactions>();
        services.AddSingleton(s => new StorageClients(s.GetRequiredService<IOptions<StorageOptions>>().Value, s.GetService<LocalTrust>(),
            s.GetRequiredService<TokenCredential>(), s.GetRequiredService<StorageTransactions>(), s.GetServices<HttpPipelinePolicy>()));
        services.AddSingleton<MessageSender>();
        services.AddSingleton(CreateSecretClient);
        services.AddSingleton<SecretStore>();
        services.AddSingleton(s => new SiteTable(s.GetRequiredService<StorageClients>().Table(TableNames.Site)));
        services.AddSingleton<SiteSnapshots>();
        services.AddSingleton<TimerRuns>();
        services.AddSingleton<QueueLengths>();
        services.AddSingleton<SiteStatusService>();
        services.AddSingleton(s => new AuditTable(
            s.GetRequiredService<StorageClients>().Table(TableNames.Audit), s.GetRequiredService<ShardMap>()));
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<AuditReader>();
        services.AddSingleton(s => new AdministratorTokens(s.GetRequiredService<IOptions<EntraOptions>>(), s.GetService<LocalTrust>()));
        services.AddSingleton<CallLimits>();
        services.AddHostedService<SiteSetup>();
        services.AddAtpPolicies().AddAtpDevices().AddAtpCollections().AddAtpDeployments().AddAtpAgent().AddAtpHealth().AddAtpPoison();
        return builder;
    }

    private static OptionsBuilder<T> AddOptions<T>(FunctionsApplicationBuilder builder, string section)
        where T : class => builder.Services.AddOptions<T>()
            .Bind(builder.Configuration.GetSection(section), o => o.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();

    private static Uri?[] Endpoints(ConfigurationManager configuration) =>
        [.. EndpointSettings.Select(key => Uri.TryCreate(configuration[key], UriKind.Absolute, out var uri) ? uri : null)];

    private static SecretClient CreateSecretClient(IServiceProvider services)
    {
        var options = new SecretClientOptions { Retry = { NetworkTimeout = StorageClients.NetworkTimeout } };
        if (services.GetService<LocalTrust>() is { } local)
        {
            options.Transport = local.KeyVaultTransport();
            options.DisableChallengeResourceVerification = true;
        }

        return new SecretClient(services.GetRequiredService<IOptions<KeyVaultOptions>>().Value.Endpoint,
            services.GetRequiredService<TokenCredential>(), options);
    }
}
