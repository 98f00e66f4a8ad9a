using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Atp.SelfHost.Hosting;

/// <summary>
/// What host.json says, with every value overridable by a setting under <c>AzureFunctionsJobHost</c>, as on the genuine host.
/// </summary>
internal sealed record HostSettings
{
    public required string HostId { get; init; }

    /// <summary>Zero: none (-1 in host.json).</summary>
    public required TimeSpan FunctionTimeout { get; init; }

    public required string RoutePrefix { get; init; }

    public required QueueSettings Queues { get; init; }

    /// <param name="configuration">The app's settings.</param>
    /// <param name="hostJson">The file's path; without a file the defaults hold.</param>
    /// <param name="defaultHostId">Of the functions' assembly.</param>
    /// <exception cref="ValidationException">A value that can't be.</exception>
    public static HostSettings Read(IConfiguration configuration, string hostJson, string defaultHostId)
    {
        var host = new ConfigurationBuilder()
            .AddJsonFile(hostJson, optional: true)
            .AddInMemoryCollection(configuration.GetSection("AzureFunctionsJobHost").AsEnumerable(makePathsRelative: true))
            .Build();
        var batchSize = Whole(host, "extensions:queues:batchSize", 16, 1, 32);
        return new HostSettings
        {
            HostId = configuration["AzureFunctionsWebHost:hostid"] ?? defaultHostId,
            FunctionTimeout = host["functionTimeout"] is "-1" ? TimeSpan.Zero : Span(host, "functionTimeout", TimeSpan.FromMinutes(30)),
            RoutePrefix = host["extensions:http:routePrefix"] ?? "api",
            Queues = new QueueSettings
            {
                BatchSize = batchSize,
                NewBatchThreshold = Whole(host, "extensions:queues:newBatchThreshold", batchSize / 2 * Environment.ProcessorCount, 0, 1000),
                MaxDequeueCount = Whole(host, "extensions:queues:maxDequeueCount", 5, 1, 1000),
                VisibilityTimeout = Span(host, "extensions:queues:visibilityTimeout", TimeSpan.Zero),
                MaxPollingInterval = Span(host, "extensions:queues:maxPollingInterval", TimeSpan.FromMinutes(1)),
                IsBase64 = host["extensions:queues:messageEncoding"] switch
                {
                    null => true,
                    var text when text.Equals("base64", StringComparison.OrdinalIgnoreCase) => true,
                    var text when text.Equals("none", StringComparison.OrdinalIgnoreCase) => false,
                    var other => throw new ValidationException($"extensions:queues:messageEncoding is '{other}'; it is none or base64."),
                },
                Invisibility = Span(configuration, "SelfHost:MessageInvisibility", TimeSpan.FromMinutes(10)),
            },
        };
    }

    private static int Whole(IConfiguration from, string key, int missing, int min, int max) =>
        from[key] is not { } text ? missing
        : int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw new ValidationException($"{key} is '{text}'; it is a whole number from {min} to {max}.");

    private static TimeSpan Span(IConfiguration from, string key, TimeSpan missing) =>
        from[key] is not { } text ? missing
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= TimeSpan.Zero ? value
        : throw new ValidationException($"{key} is '{text}'; it is a time span such as 00:00:30.");
}

/// <summary>host.json, extensions.queues.</summary>
internal sealed record QueueSettings
{
    public required int BatchSize { get; init; }

    public required int NewBatchThreshold { get; init; }

    public required int MaxDequeueCount { get; init; }

    public required TimeSpan VisibilityTimeout { get; init; }

    public required TimeSpan MaxPollingInterval { get; init; }

    public required bool IsBase64 { get; init; }

    /// <summary>How long a message that is taken stays invisible; renewed at half.</summary>
    public required TimeSpan Invisibility { get; init; }
}
