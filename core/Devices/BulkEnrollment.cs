using System.Collections.Concurrent;
using System.Globalization;
using Atp.Core.Agent;
using Atp.Core.Audit;
using Atp.Core.Errors;
using Atp.Core.Requests;

namespace Atp.Core.Devices;

/// <summary>Asks for the keys of many devices, as a provisioning pipeline does.</summary>
/// <param name="DeviceIds">1,000 at most; devices that exist.</param>
/// <param name="NewKey">Replace keys that were handed out before; the old ones are worthless from then on.</param>
public sealed record EnrollDevices(IReadOnlyList<string> DeviceIds, bool NewKey = false);

/// <summary>One device's credential, shown once, or why it got none.</summary>
/// <param name="Key">Base64; null where there is a code.</param>
/// <param name="Code">Null where there is a key.</param>
/// <param name="Detail">The code in words.</param>
public sealed record EnrollmentOutcome(string DeviceId, string? Key, int? KeyVersion, string? Code, string? Detail);

/// <summary>What a bulk enrollment did.</summary>
/// <param name="Results">One for each id, in the order that they were asked in.</param>
public sealed record EnrollmentOutcomes(int Enrolled, int Refused, IReadOnlyList<EnrollmentOutcome> Results);

/// <summary>
/// Hands out the keys of many devices: per shard, in transactions of up to 100. Each device decides for itself, so that one which
/// can't be given a key holds up no other; and each says in its row which request gave out its key, so that a repeat finds it.
/// </summary>
public sealed class BulkEnrollment(
    FleetChanges changes, ShardMap shards, EnrollmentKeys enrollment, AuditTrail audit, TimeProvider clock)
{
    private const int MaxDevices = 1_000;
    private const int ShardsAtOnce = 8;

    /// <exception cref="DomainException">Invalid ids, by field; repeated with another body.</exception>
    public async Task<EnrollmentOutcomes> EnrollAsync(EnrollDevices command, ChangeRequest request, CancellationToken ct)
    {
        if (command.DeviceIds.Count is 0 or > MaxDevices)
        {
            throw DomainError.Field("deviceIds", "devices.count", $"Name 1 to {MaxDevices:N0} devices.").ToException();
        }

        var ids = command.DeviceIds.Select((id, index) => DeviceId.Parse(id, $"deviceIds[{index}]")).ToList();
        var keys = await enrollment.GetAsync(ct);
        // Marked in any case: where one device of a hundred changed meanwhile, all are read again, also those that have their keys.
        var ask = new KeyRequest(request, request.NewMark(clock), command.NewKey, keys.Versions.HandedOutAt(clock.GetUtcNow()), clock);
        return await audit.ChangeAsync(request.Caller, "devices.enroll", InventoryImport.AuditSubject, async () =>
        {
            var outcomes = await EnrollAsync(ids, ask, keys, ct);
            return (outcomes, string.Create(CultureInfo.InvariantCulture, $"{outcomes.Enrolled} enrolled, {outcomes.Refused} refused"));
        }, ct);
    }

    private async Task<EnrollmentOutcomes> EnrollAsync(List<string> ids, KeyRequest ask, EnrollmentKeySet keys, CancellationToken ct)
    {
        var outcomes = new ConcurrentDictionary<string, EnrollmentOutcome>();
        await Parallel.ForEachAsync(ids.Distinct().GroupBy(shards.ShardOf),
            new ParallelOptions { MaxDegreeOfParallelism = ShardsAtOnce, CancellationToken = ct }, async (shard, token) =>
            {
                foreach (var outcome in await EnrollShardAsync(shard.Key, [.. shard], ask, keys, token))
                {
                    outcomes[outcome.DeviceId] = outcome;
                }
            });
        var results = ids.Select(id => outcomes[id]).ToList();
        return new EnrollmentOutcomes(outcomes.Values.Count(o => o.Key is not null), outcomes.Values.Count(o => o.Key is null), results);
    }

    private async Task<IEnumerable<EnrollmentOutcome>> EnrollShardAsync(
        string shard, List<string> ids, KeyRequest ask, EnrollmentKeySet keys, CancellationToken ct)
    {
        var refusals = new Dictionary<string, DomainError>();
        var changed = await changes.ApplyCredentialsAsync(shard, ids, found =>
        {
            refusals.Remove(found.Id);
            if (found.Device is { Deleting: false } device && ask.HasGivenTo(device))
            {
                return device;
            }

            if (ask.RefusalOf(found.Device) is { } refusal)
            {
                refusals[found.Id] = refusal;
                return null;
            }

            return ask.GiveTo(found.Device!);
        }, ct);
        return changed.Select(change => change.After is { } device
            ? new EnrollmentOutcome(device.Id, keys.KeyOf(device, clock.GetUtcNow()), device.KeyVersion, null, null)
            : new EnrollmentOutcome(change.Before.Id, null, null, refusals[change.Before.Id].Code, refusals[change.Before.Id].Detail));
    }
}
