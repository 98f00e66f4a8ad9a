using System.Globalization;
using System.Text;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Site;
using Atp.Core.Storage;
using Azure;
using Azure.Storage.Queues.Models;
using Azure.Storage.Sas;
using Microsoft.Extensions.Options;

namespace Atp.Core.Agent;

/// <summary>Where reports go: into the queue, or where a proxy allows only this service's host name, to it.</summary>
/// <param name="QueueUri">The queue with the right to add to it.</param>
/// <param name="ExpiresAt">Until when that address works, UTC.</param>
/// <param name="Url">Relative to the service; takes what a queue message holds, with the device's credential.</param>
public sealed record ReportAddress(Uri QueueUri, DateTimeOffset ExpiresAt, string Url);

/// <summary>
/// Gives devices the right to add to <c>device-reports</c> and nothing else: a user-delegation SAS in Azure, where shared keys
/// are off; one signed with the account key on Azurite, which has no user delegation for queues. Or adds for them.
/// </summary>
public sealed class ReportChannel(StorageClients storage, IOptions<SiteOptions> options, TimeProvider clock) : IDisposable
{
    /// <summary>What devices post to, relative to the service.</summary>
    public const string Url = "/api/agent/reports";

    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromHours(1);

    /// <summary>Azure allows seven days; longer than the longest address, which is twice a day's check-in.</summary>
    private static readonly TimeSpan DelegationLifetime = TimeSpan.FromDays(6);
    private readonly SemaphoreSlim renewing = new(1);
    private (UserDelegationKey Key, DateTimeOffset ExpiresAt)? delegation;

    /// <summary>Two check-in periods, so that a device that checks in on time, or misses one, always has a good address.</summary>
    private TimeSpan Lifetime => TimeSpan.FromMinutes(Math.Max(2 * options.Value.CheckInMinutes, ShortestLifetime.TotalMinutes));

    public async Task<ReportAddress> GetAsync(CancellationToken ct)
    {
        var queue = storage.Queue(Queues.DeviceReports);
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((clock.GetUtcNow() + Lifetime).ToUnixTimeSeconds()); // as the address says it
        var right = new QueueSasBuilder(QueueSasPermissions.Add, expiresAt) { QueueName = queue.Name };
        if (queue.Uri.Scheme == Uri.UriSchemeHttps)
        {
            right.Protocol = SasProtocol.Https;
        }

        return new ReportAddress(
            queue.CanGenerateSasUri
                ? queue.GenerateSasUri(right)
                : queue.GenerateUserDelegationSasUri(right, await DelegationKeyAsync(expiresAt, ct)),
            expiresAt, Url);
    }

    /// <summary>
    /// Puts reports of one device into the queue as they came, since signatures cover exact bytes: one transaction. Whether they
    /// are genuine is for ingestion to decide, as with those that came by the queue.
    /// </summary>
    /// <exception cref="DomainException">Invalid, by field; too large; forbidden: a report is of another device.</exception>
    public async Task AddAsync(DeviceToken sender, ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        var reports = ReportMessage.Parse(message);
        var isArray = ReportMessage.IsArray(message);
        var errors = new FieldErrors();
        for (var i = 0; i < reports.Count; i++)
        {
            if (ReportMessage.FaultOf(reports[i]) is { } fault)
            {
                errors.Add(isArray ? string.Create(CultureInfo.InvariantCulture, $"[{i}].{fault.Field}") : fault.Field, "report.malformed", fault.Detail);
            }
        }

        var text = Encoding.UTF8.GetString(message.Span);
        if (!ReportMessage.FitsQueue(text))
        {
            errors.Add("body", "report.malformed", "The body has characters that no queue takes. Write them as \\u escapes.");
        }

        errors.ThrowIfAny();
        if (reports.Any(report => !DeviceId.TryParse(report.DeviceId, out var deviceId) || deviceId != sender.DeviceId))
        {
            throw new DomainError(ErrorKind.Forbidden, "report.of-another-device",
                "A device sends its own reports only, and one of these names another device.").ToException();
        }

        try
        {
            await storage.Queue(Queues.DeviceReports).SendMessageAsync(text, ct);
        }
        catch (RequestFailedException e) when (e.Status == 413)
        {
            throw new DomainError(ErrorKind.TooLarge, "body.too-large", "These reports are too many for one message. Send them in several parts.").ToException(e);
        }
    }

    public void Dispose() => renewing.Dispose();

    private async Task<UserDelegationKey> DelegationKeyAsync(DateTimeOffset neededUntil, CancellationToken ct)
    {
        await renewing.WaitAsync(ct);
        try
        {
            if (delegation is not { } current || current.ExpiresAt < neededUntil)
            {
                var expiresAt = clock.GetUtcNow() + DelegationLifetime;
                var key = await storage.QueueService.GetUserDelegationKeyAsync(null, expiresAt, ct);
                current = (key.Value, expiresAt);
                delegation = current;
            }

            return current.Key;
        }
        finally
        {
            renewing.Release();
        }
    }
}
