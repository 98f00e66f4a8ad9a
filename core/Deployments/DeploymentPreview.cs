using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Site;

namespace Atp.Core.Deployments;

/// <summary>
/// What deploying a policy to collections would come to. Every member is in exactly one of <see cref="WouldSucceed"/>,
/// <see cref="WouldFail"/>, <see cref="RequirementsNotMet"/> and <see cref="Held"/>.
/// </summary>
/// <param name="OrganisationsAsOf">
/// The moment of the preview: the organisation that a device is onboarded to stands in the index of its collections from its last
/// report on, so it is newer than any roll-up.
/// </param>
/// <param name="DaysLeft">Whole days until an offboarding file expires, 0 when it has; null for an onboarding file.</param>
/// <param name="Devices">The members, each once, however many of the collections it is in.</param>
/// <param name="Platforms">Of all of them, whatever becomes of them.</param>
public sealed record DeploymentPreview(
    string PolicyId, string PolicyName, PolicyKind Kind, IReadOnlyList<string> CollectionIds, DateTimeOffset OrganisationsAsOf, int? DaysLeft,
    int Devices, PlatformCounts Platforms, PreviewedSuccess WouldSucceed, PreviewedFailure WouldFail, PreviewedUnsupported RequirementsNotMet,
    PreviewedHeld Held);

/// <summary>Members that would have something to do and can do it.</summary>
public sealed record PreviewedSuccess(int Devices, IReadOnlyList<PreviewedDelivery> Deliveries);

/// <summary>What members of one platform would be told to do.</summary>
public sealed record PreviewedDelivery(Platform Platform, Applicability Delivery, int Devices);

/// <summary>Members on which the policy would fail.</summary>
public sealed record PreviewedFailure(int Devices, IReadOnlyList<PreviewedReason> Reasons);

/// <param name="Detail">For people: what is wrong and what to do.</param>
/// <param name="Sample">The first few by shard and id.</param>
public sealed record PreviewedReason(FailureReason Reason, string Detail, int Devices, PlatformCounts Platforms, IReadOnlyList<SampledDevice> Sample);

/// <summary>Members whose operating system this site can't manage.</summary>
public sealed record PreviewedUnsupported(int Devices, IReadOnlyList<PreviewedSystem> OperatingSystems, IReadOnlyList<SampledDevice> Sample);

/// <param name="Name">By the rule set.</param>
public sealed record PreviewedSystem(string Name, int Devices);

/// <summary>Members that stay with another deployment, since its policy has a better order.</summary>
/// <param name="Deployments">Those that hold most devices first.</param>
/// <param name="DeploymentsNotListed">How many more there are.</param>
public sealed record PreviewedHeld(
    int Devices, IReadOnlyList<PreviewedHolder> Deployments, int DeploymentsNotListed, IReadOnlyList<SampledDevice> Sample);

public sealed record PreviewedHolder(string DeploymentId, string PolicyId, string PolicyName, int Devices);

/// <summary>Says what a deployment would come to before there is one, from the index of the collections alone. Writes nothing.</summary>
public sealed class DeploymentPreviews(MemberCounts members, SiteSnapshots snapshots, TimeProvider clock)
{
    public const int MaxHolders = 20;

    /// <exception cref="DomainException">Invalid: no such policy or collection.</exception>
    public async Task<DeploymentPreview> PreviewAsync(CreateDeployment command, CancellationToken ct)
    {
        var site = await snapshots.ReadAsync(ct);
        DeploymentService.Validate(command, site);
        return await PreviewAsync(command, site, ct);
    }

    /// <param name="command">A valid one.</param>
    /// <param name="site">As it is now.</param>
    /// <param name="ct">Cancels.</param>
    internal async Task<DeploymentPreview> PreviewAsync(CreateDeployment command, SiteSnapshot site, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var policy = site.Policies[command.PolicyId];
        var targeted = command.CollectionIds.ToHashSet();
        var planned = new Deployment
        {
            Id = "",
            PolicyId = policy.Id,
            CollectionIds = [.. targeted.Order(StringComparer.Ordinal)],
            CreatedAt = DateTimeOffset.MaxValue, // it will be the newest
            CreatedBy = "",
        };
        var better = new DeploymentHolders(site.Deployments.Append(planned).ByPrecedence(id => site.Policies[id].Order)
            .TakeWhile(deployment => deployment != planned));
        var counts = await members.CountAsync<Outcome>([.. targeted, .. better.CollectionIds, .. site.DefenderClientCollections], member =>
        {
            if (!member.CollectionIds.Any(targeted.Contains))
            {
                return null;
            }

            var forecast = Forecast.Of(member, policy.Current, site, now);
            return (OutcomeOf(forecast, better.Of(member.CollectionIds)), forecast.OperatingSystem.Platform);
        }, ct);

        var all = MemberGroup.Sum(counts.Values);
        return new DeploymentPreview(
            policy.Id, policy.Current.Name, policy.Current.Kind, planned.CollectionIds, now, policy.Current.ConfigurationFile.DaysLeft(now),
            all.Devices, all.Platforms, Successes(counts), await FailuresAsync(counts, ct), await UnsupportedAsync(counts, ct),
            await HeldAsync(counts, site, ct));
    }

    private static Outcome OutcomeOf(Forecast forecast, Deployment? holder) =>
        holder is not null ? new Outcome { HeldBy = holder.Id }
        : forecast.Applicability == Applicability.NotSupported ? new Outcome { Unsupported = forecast.OperatingSystem.Name }
        : forecast.Failure is { } failure ? new Outcome { Failure = failure }
        : new Outcome { Delivery = forecast.Applicability };

    private static PreviewedSuccess Successes(IReadOnlyDictionary<Outcome, MemberGroup> counts)
    {
        var deliveries = counts.Where(c => c.Key.Delivery is not null)
            .SelectMany(c => new PreviewedDelivery[]
            {
                new(Platform.UpLevel, c.Key.Delivery!.Value, c.Value.Platforms.UpLevel),
                new(Platform.DownLevel, c.Key.Delivery.Value, c.Value.Platforms.DownLevel),
            })
            .Where(d => d.Devices > 0).OrderBy(d => d.Platform).ThenBy(d => d.Delivery).ToList();
        return new PreviewedSuccess(deliveries.Sum(d => d.Devices), deliveries);
    }

    private async Task<PreviewedFailure> FailuresAsync(IReadOnlyDictionary<Outcome, MemberGroup> counts, CancellationToken ct)
    {
        var reasons = new List<PreviewedReason>();
        foreach (var (outcome, group) in counts.Where(c => c.Key.Failure is not null).OrderBy(c => c.Key.Failure))
        {
            var reason = outcome.Failure!.Value;
            reasons.Add(new PreviewedReason(
                reason, Forecast.Explain(reason), group.Devices, group.Platforms, await members.NamedAsync(group, ct)));
        }

        return new PreviewedFailure(reasons.Sum(r => r.Devices), reasons);
    }

    private async Task<PreviewedUnsupported> UnsupportedAsync(IReadOnlyDictionary<Outcome, MemberGroup> counts, CancellationToken ct)
    {
        var systems = counts.Where(c => c.Key.Unsupported is not null).ToList();
        var all = MemberGroup.Sum(systems.Select(s => s.Value));
        return new PreviewedUnsupported(
            all.Devices,
            [.. systems.Select(s => new PreviewedSystem(s.Key.Unsupported!, s.Value.Devices)).OrderBy(s => s.Name, StringComparer.Ordinal)],
            await members.NamedAsync(all, ct));
    }

    private async Task<PreviewedHeld> HeldAsync(IReadOnlyDictionary<Outcome, MemberGroup> counts, SiteSnapshot site, CancellationToken ct)
    {
        var held = counts.Where(c => c.Key.HeldBy is not null).ToList();
        var policies = site.Deployments.ToDictionary(d => d.Id, d => site.Policies[d.PolicyId]);
        var all = MemberGroup.Sum(held.Select(h => h.Value));
        var holders = held
            .Select(h => new PreviewedHolder(h.Key.HeldBy!, policies[h.Key.HeldBy!].Id, policies[h.Key.HeldBy!].Current.Name, h.Value.Devices))
            .OrderByDescending(h => h.Devices).ThenBy(h => h.DeploymentId, StringComparer.Ordinal).Take(MaxHolders).ToList();
        return new PreviewedHeld(all.Devices, holders, held.Count - holders.Count, await members.NamedAsync(all, ct));
    }

    /// <summary>What becomes of a member: one of these is set.</summary>
    private readonly record struct Outcome
    {
        public Applicability? Delivery { get; init; }

        public FailureReason? Failure { get; init; }

        /// <summary>The operating system's name.</summary>
        public string? Unsupported { get; init; }

        /// <summary>The deployment's id.</summary>
        public string? HeldBy { get; init; }
    }
}
