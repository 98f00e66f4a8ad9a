using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Site;

namespace Atp.Core.Deployments;

/// <summary>What a move in the order of policies would change for devices.</summary>
/// <param name="Orders">The two policies' numbers, and those of others that would get a new one since some share one.</param>
/// <param name="Devices">Those that another deployment would hold.</param>
/// <param name="NewlyFailing">Those of them on which the new policy fails and the present one doesn't.</param>
/// <param name="NoLongerFailing">The other way round.</param>
/// <param name="Changes">By the two deployments; those with most devices first.</param>
/// <param name="ChangesNotListed">How many more there are.</param>
public sealed record OrderPreview(
    string PolicyId, OrderMove Move, string NeighbourId, DateTimeOffset AsOf, IReadOnlyList<PreviewedOrder> Orders, int Devices,
    int NewlyFailing, int NoLongerFailing, IReadOnlyList<PreviewedChange> Changes, int ChangesNotListed);

public sealed record PreviewedOrder(string PolicyId, string PolicyName, int From, int To);

/// <summary>Devices that would go from one deployment to another.</summary>
/// <param name="Sample">The first few by shard and id.</param>
public sealed record PreviewedChange(
    PreviewedDeployment From, PreviewedDeployment To, int Devices, PlatformCounts Platforms, int NewlyFailing, int NoLongerFailing,
    IReadOnlyList<SampledDevice> Sample);

public sealed record PreviewedDeployment(string DeploymentId, string PolicyId, string PolicyName);

/// <summary>Says what a move in the order of policies changes for whom, before it is done. Writes nothing.</summary>
public sealed class OrderPreviews(MemberCounts members, SiteSnapshots snapshots, TimeProvider clock)
{
    public const int MaxChanges = 20;

    /// <exception cref="DomainException">Not found; conflict: it is the first or last already.</exception>
    public async Task<OrderPreview> PreviewAsync(string policyId, OrderMove move, CancellationToken ct)
    {
        var site = await snapshots.ReadAsync(ct);
        var now = clock.GetUtcNow();
        var exchange = PolicyOrder.Move(site.Policies.Values, policyId, move);
        int OrderAfter(string id) => exchange.Numbers.TryGetValue(id, out var number) ? number : site.Policies[id].Order;

        // Policies behind both of them win nowhere else than before.
        var worst = Math.Max(exchange.Moved.Order, exchange.Neighbour.Order);
        var concerned = site.Deployments.Where(d => site.Policies[d.PolicyId].Order <= worst).ToList();
        var before = new DeploymentHolders(concerned.ByPrecedence(id => site.Policies[id].Order));
        var after = new DeploymentHolders(concerned.ByPrecedence(OrderAfter));
        var counts = await members.CountAsync<Change>([.. before.CollectionIds, .. site.DefenderClientCollections], member =>
        {
            if (before.Of(member.CollectionIds) is not { } from || after.Of(member.CollectionIds) is not { } to || from.Id == to.Id)
            {
                return null;
            }

            var forecast = Forecast.Of(member, site.Policies[to.PolicyId].Current, site, now);
            var failed = Forecast.Of(member, site.Policies[from.PolicyId].Current, site, now).Failure is not null;
            return (new Change(from.Id, to.Id, failed, forecast.Failure is not null), forecast.OperatingSystem.Platform);
        }, ct);

        var changes = counts.GroupBy(c => (c.Key.From, c.Key.To))
            .Select(c => (c.Key.From, c.Key.To, All: MemberGroup.Sum(c.Select(part => part.Value)), Fails: Failing(c)))
            .OrderByDescending(c => c.All.Devices).ThenBy(c => c.From, StringComparer.Ordinal).ThenBy(c => c.To, StringComparer.Ordinal).ToList();
        var listed = new List<PreviewedChange>();
        foreach (var change in changes.Take(MaxChanges))
        {
            listed.Add(new PreviewedChange(
                Named(site, change.From), Named(site, change.To), change.All.Devices, change.All.Platforms,
                change.Fails.Newly, change.Fails.NoLonger, await members.NamedAsync(change.All, ct)));
        }

        var fails = Failing(counts);
        return new OrderPreview(
            policyId, move, exchange.Neighbour.Id, now,
            [.. exchange.Numbers.OrderBy(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal)
                .Select(n => new PreviewedOrder(n.Key, site.Policies[n.Key].Current.Name, site.Policies[n.Key].Order, n.Value))],
            changes.Sum(c => c.All.Devices), fails.Newly, fails.NoLonger, listed, changes.Count - listed.Count);
    }

    private static (int Newly, int NoLonger) Failing(IEnumerable<KeyValuePair<Change, MemberGroup>> parts) => (
        parts.Where(p => !p.Key.Failed && p.Key.Fails).Sum(p => p.Value.Devices),
        parts.Where(p => p.Key.Failed && !p.Key.Fails).Sum(p => p.Value.Devices));

    private static PreviewedDeployment Named(SiteSnapshot site, string deploymentId)
    {
        var policy = site.Policies[site.Deployments.First(d => d.Id == deploymentId).PolicyId];
        return new PreviewedDeployment(deploymentId, policy.Id, policy.Current.Name);
    }

    /// <summary>From which deployment to which, and whether the one failed and the other will.</summary>
    private readonly record struct Change(string From, string To, bool Failed, bool Fails);
}
