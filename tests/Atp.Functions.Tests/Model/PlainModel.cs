using System.Text.RegularExpressions;

namespace Atp.Functions.Tests.Model;

/// <summary>
/// What the figures should be, counted anew from everything that happened: no memory, no shards, no order of messages. It repeats
/// the rules in their plainest form on purpose and calls nothing of the service.
/// </summary>
/// <param name="facts">Everything that happened, in order.</param>
/// <param name="now">The moment of the count.</param>
internal sealed class PlainModel(IReadOnlyList<Fact> facts, DateTimeOffset now)
{
    /// <summary>Builds from and to at Configuration Manager 2207.</summary>
    private static readonly (string System, int From, int To, string Platform)[] Platforms =
    [
        ("client", 9600, 9600, "DownLevel"),
        ("client", 14393, int.MaxValue, "UpLevel"),
        ("server", 9600, 9600, "DownLevel"),
        ("server", 14393, 14393, "DownLevel"),
        ("server", 17134, int.MaxValue, "UpLevel"),
        ("multi-session", 17763, int.MaxValue, "UpLevel"),
    ];

    private static readonly Dictionary<(string System, int Build), string> Names = new()
    {
        [("client", 7601)] = "Windows 7 SP1",
        [("client", 9600)] = "Windows 8.1",
        [("client", 14393)] = "Windows 10 1607",
        [("client", 19045)] = "Windows 10 22H2",
        [("client", 22631)] = "Windows 11 23H2",
        [("server", 9600)] = "Windows Server 2012 R2",
        [("server", 14393)] = "Windows Server 2016",
        [("server", 16299)] = "Windows Server 1709",
        [("server", 17763)] = "Windows Server 2019",
        [("multi-session", 19045)] = "Windows 10 Enterprise multi-session",
        [("multi-session", 22631)] = "Windows 11 Enterprise multi-session",
    };

    private sealed record Figures(
        int Devices, int Targeted, int Healthy, int AgentState, int Inactive, int NotOnboarded, int NeverReached, int Offboarding,
        int FileSamplesDrifted);

    private sealed record Decided(
        string DeviceId, string System, string Platform, IReadOnlyList<DeploymentMade> Targets, string? Status, string? Health,
        bool Offboarding, bool Drifted);

    /// <summary>One line for each thing that a user can look at, sorted.</summary>
    public List<string> Lines()
    {
        var decided = Devices().Select(Decide).ToList();
        var lines = new List<string>();
        void Scope(string scope, IEnumerable<Decided> devices) => lines.Add($"scope {scope}: {Count([.. devices])}");

        Scope("site", decided);
        foreach (var platform in decided.GroupBy(d => d.Platform))
        {
            Scope($"platform!{platform.Key}", platform);
        }

        foreach (var system in decided.GroupBy(d => d.System))
        {
            Scope($"os!{system.Key}", system);
        }

        foreach (var collection in LiveDeployments().SelectMany(d => d.CollectionIds).Distinct())
        {
            Scope($"collection!{collection}", decided.Where(d => Members(collection).Contains(d.DeviceId)));
        }

        foreach (var organisation in decided.GroupBy(d => OrganisationOf(d.DeviceId)).Where(o => o.Key != "none"))
        {
            Scope($"organisation!{organisation.Key.ToLowerInvariant()}", organisation);
        }

        foreach (var deployment in LiveDeployments())
        {
            var targeted = decided.Where(d => d.Targets.Contains(deployment)).ToList();
            // It answers for the devices that it holds.
            Scope($"deployment!{deployment.DeploymentId}",
                targeted.Select(d => d.Targets[0] == deployment ? d : d with { Health = null, Offboarding = false, Drifted = false }));
            var statuses = targeted.Select(d => d.Targets[0] == deployment ? d.Status! : "Superseded").ToList();
            int Of(string status) => statuses.Count(s => s == status);
            lines.Add($"deployment {deployment.DeploymentId}: Active, success {Of("Success")}, error {Of("Error")}, "
                + $"requirementsNotMet {Of("RequirementsNotMet")}, inProgress {Of("InProgress")}, unknown {Of("Unknown")}, "
                + $"superseded {Of("Superseded")}, of {deployment.CollectionIds.SelectMany(Members).Distinct().Count()} members");
        }

        lines.AddRange(Collections().Select(c => $"collection {c}: {Members(c).Count} members: {string.Join(' ', Members(c))}"));
        lines.AddRange(decided.Select(d => $"device {d.DeviceId}: collections {string.Join(' ', CollectionsOf(d.DeviceId))}, "
            + $"targets {string.Join(' ', d.Targets.Select((t, i) => $"{t.DeploymentId}={(i == 0 ? d.Status : "Superseded")}"))}, health {d.Health ?? "none"}"));
        lines.AddRange(Known().Where(IsRetired).Select(device => $"retired {device}: {ReplacedBy(device) ?? "not replaced"}"));
        lines.AddRange(decided.SelectMany(d => CollectionsOf(d.DeviceId).Select(c =>
        {
            var computer = ComputerOf(d.DeviceId);
            return $"index {c} {d.DeviceId}: {computer.Build} {computer.ProductType} {computer.Sku} {OrganisationOf(d.DeviceId)}";
        })));
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>Those in use.</summary>
    public IReadOnlyList<string> Devices() => [.. Known().Where(device => !IsRetired(device))];

    /// <summary>Also when it is retired.</summary>
    public bool Exists(string deviceId) => Life(deviceId).Count > 0;

    public bool IsRetired(string deviceId) => IsRetired(Life(deviceId), deviceId);

    public string? ReplacedBy(string deviceId) => (LastOf(Life(deviceId), deviceId) as DeviceRetired)?.ReplacedBy;

    public bool IsBlocked(string deviceId) => IsBlocked(Life(deviceId), deviceId);

    /// <summary>0 when it has no key.</summary>
    public int KeyVersion(string deviceId) => KeyVersion(Life(deviceId), deviceId);

    public IReadOnlyList<string> Collections() =>
        [.. facts.OfType<CollectionSaved>().Select(f => f.CollectionId).Distinct()
            .Except(facts.OfType<CollectionDeleted>().Select(f => f.CollectionId))];

    public CollectionSaved Collection(string collectionId) => facts.OfType<CollectionSaved>().Last(f => f.CollectionId == collectionId);

    /// <summary>Whether its members depend on those of the other, over any number of steps.</summary>
    public bool RefersTo(string collectionId, string other) =>
        collectionId == other || Collection(collectionId).References.Any(c => RefersTo(c, other));

    public IReadOnlyList<PolicySaved> Policies() =>
        [.. facts.OfType<PolicySaved>().GroupBy(f => f.PolicyId).Select(p => p.Last())
            .Where(p => !facts.OfType<PolicyDeleted>().Any(f => f.PolicyId == p.PolicyId))];

    /// <summary>Best first; those that share a number by their ids.</summary>
    public IReadOnlyList<PolicySaved> PoliciesInOrder() =>
        [.. Policies().OrderBy(p => p.Order).ThenBy(p => p.PolicyId, StringComparer.Ordinal)];

    public IReadOnlyList<DeploymentMade> LiveDeployments() =>
        [.. facts.OfType<DeploymentMade>().Where(d => !facts.OfType<DeploymentEnded>().Any(f => f.DeploymentId == d.DeploymentId))];

    /// <summary>Live deployments whose policy's file is past its date: the service is to end them.</summary>
    public IReadOnlyList<DeploymentMade> ExpiredDeployments() => [.. LiveDeployments().Where(d => PolicyOf(d).ExpiresAt <= now)];

    public IReadOnlyList<string> Members(string collectionId) => [.. Devices().Where(device => IsMember(collectionId, device))];

    /// <summary>What an organisation has of the device: the one that it says it is onboarded to.</summary>
    private string OrganisationOf(string deviceId) => NewestHealth(deviceId) is { OnboardingState: 1, OrgId: { } org } ? org : "none";

    public bool IsNamed(string collectionId, string deviceId) =>
        Life(deviceId).OfType<MembersNamed>().LastOrDefault(f => f.CollectionId == collectionId && f.DeviceIds.Contains(deviceId)) is { Added: true };

    private List<string> Known() => [.. facts.OfType<InventoryKnown>().Select(f => f.DeviceId).Distinct().Where(Exists).Order(StringComparer.Ordinal)];

    private List<string> CollectionsOf(string deviceId) =>
        [.. Collections().Where(c => IsMember(c, deviceId)).Order(StringComparer.Ordinal)];

    private bool IsMember(string collectionId, string deviceId)
    {
        var collection = Collection(collectionId);
        return Exists(deviceId) && !IsRetired(deviceId)
            && (collection.Limit is null || IsMember(collection.Limit, deviceId))
            && !collection.Excludes.Any(c => IsMember(c, deviceId))
            && (IsNamed(collectionId, deviceId)
                || collection.Rules.Any(rule => Matches(rule, ComputerOf(deviceId)))
                || collection.Includes.Any(c => IsMember(c, deviceId)));
    }

    private Computer ComputerOf(string deviceId) => Life(deviceId).OfType<InventoryKnown>().Last(f => f.DeviceId == deviceId).Computer;

    /// <summary>What happened since the device was created, when it is there.</summary>
    private List<Fact> Life(string deviceId)
    {
        var death = facts.Select((fact, index) => fact is DeviceDeleted gone && gone.DeviceId == deviceId ? index : -1).Append(-1).Max();
        return [.. facts.Skip(death + 1).SkipWhile(fact => fact is not InventoryKnown known || known.DeviceId != deviceId)];
    }

    private Decided Decide(string deviceId)
    {
        var computer = ComputerOf(deviceId);
        var platform = PlatformOf(computer);
        var targets = LiveDeployments().Where(d => d.CollectionIds.Any(c => IsMember(c, deviceId)))
            .OrderBy(d => PolicyOf(d).Order).ThenByDescending(d => d.At).ToList();
        if (targets.Count == 0)
        {
            return new Decided(deviceId, NameOf(computer), platform, [], null, null, false, false);
        }

        var winner = targets[0];
        var policy = PolicyOf(winner);
        var expired = policy.ExpiresAt <= now;
        var fails = platform == "DownLevel" && !HasDefenderClient(deviceId) && policy.IsOnboarding && !policy.HasWorkspace && !expired;
        var applicable = platform != "Unsupported" && !expired && !fails;
        var fetched = FetchedOf(deviceId, winner.DeploymentId);
        var result = NewestResult(deviceId, winner.DeploymentId);
        var status = platform == "Unsupported" ? "RequirementsNotMet"
            : fails ? "Error"
            : result?.Revision == policy.Revision ? result!.Result!
            : expired ? "Error"
            : fetched.Count > 0 ? "InProgress"
            : "Unknown";
        var health = NewestHealth(deviceId);
        var state = !applicable || !policy.IsOnboarding ? null
            : health is null && fetched.Count == 0 ? "NeverReached"
            : health is not { OnboardingState: 1 } ? "NotOnboarded"
            : !health.SenseIsRunning ? "AgentState"
            : health.LastConnected is null || now - health.LastConnected > TimeSpan.FromDays(7) ? "Inactive"
            : "Healthy";
        return new Decided(deviceId, NameOf(computer), platform, targets, status, state, applicable && !policy.IsOnboarding,
            state is not null && status == "Success" && health?.FileSamples is { } shared && shared != policy.FileSamples);
    }

    /// <summary>Windows Server 2012 R2 and 2016 by client setting of any of their collections: they need no workspace.</summary>
    private bool HasDefenderClient(string deviceId) => ComputerOf(deviceId) is var computer
        && KindOf(computer) == "server" && (computer.Build is 9600 or 14393) && CollectionsOf(deviceId).Any(c => Collection(c).HasDefenderClient);

    private PolicySaved PolicyOf(DeploymentMade deployment) => Policies().Single(p => p.PolicyId == deployment.PolicyId);

    /// <summary>The newest by the device's own clock, whatever the order of arrival.</summary>
    private Report? NewestHealth(string deviceId) => Accepted(deviceId).Select(r => r.Report).MaxBy(r => r.ReportedAt);

    /// <summary>Likewise, of those that speak of a revision which the device had fetched when they arrived.</summary>
    private Report? NewestResult(string deviceId, string deploymentId) => Accepted(deviceId)
        .Where(r => r.Report.DeploymentId == deploymentId
            && FetchedOf(r.Before, deviceId, deploymentId).Any(revision => revision >= r.Report.Revision))
        .Select(r => r.Report).MaxBy(r => r.ReportedAt);

    private List<int> FetchedOf(string deviceId, string deploymentId) => FetchedOf(Life(deviceId), deviceId, deploymentId);

    /// <summary>The reports that a device in use sent with its current key and a clock not far ahead, with what happened before each.</summary>
    private List<(Report Report, List<Fact> Before)> Accepted(string deviceId)
    {
        var life = Life(deviceId);
        return [.. life.Select((fact, index) => (Arrived: fact as ReportArrived, Before: life.Take(index).ToList()))
            .Where(r => r.Arrived?.Report is { } report && report.DeviceId == deviceId
                && KeyVersion(r.Before, deviceId) == report.KeyVersion
                && !IsBlocked(r.Before, deviceId)
                && !IsRetired(r.Before, deviceId)
                && report.ReportedAt <= r.Arrived.At.AddMinutes(5))
            .Select(r => (r.Arrived!.Report, r.Before))];
    }

    private static int KeyVersion(List<Fact> life, string deviceId) =>
        life.OfType<KeyHandedOut>().LastOrDefault(f => f.DeviceId == deviceId)?.KeyVersion ?? 0;

    private static bool IsBlocked(List<Fact> life, string deviceId) =>
        life.OfType<DeviceBlocked>().LastOrDefault(f => f.DeviceId == deviceId) is { Blocked: true };

    private static bool IsRetired(List<Fact> life, string deviceId) => LastOf(life, deviceId) is DeviceRetired;

    /// <summary>How it last went out of use or came back.</summary>
    private static Fact? LastOf(List<Fact> life, string deviceId) => life.LastOrDefault(fact =>
        fact is DeviceRetired retired ? retired.DeviceId == deviceId : fact is DeviceReinstated back && back.DeviceId == deviceId);

    private static List<int> FetchedOf(List<Fact> life, string deviceId, string deploymentId) =>
        [.. life.OfType<PolicyFetched>().Where(f => f.DeviceId == deviceId && f.DeploymentId == deploymentId).Select(f => f.Revision)];

    private static Figures Count(List<Decided> devices) => new(
        devices.Count, devices.Count(d => d.Targets.Count > 0), devices.Count(d => d.Health == "Healthy"),
        devices.Count(d => d.Health == "AgentState"), devices.Count(d => d.Health == "Inactive"), devices.Count(d => d.Health == "NotOnboarded"),
        devices.Count(d => d.Health == "NeverReached"), devices.Count(d => d.Offboarding), devices.Count(d => d.Drifted));

    private static string KindOf(Computer computer) =>
        computer.Sku == 175 ? "multi-session" : computer.ProductType == 1 ? "client" : "server";

    private static string PlatformOf(Computer computer) =>
        Platforms.Where(p => p.System == KindOf(computer) && computer.Build >= p.From && computer.Build <= p.To)
            .Select(p => p.Platform).SingleOrDefault("Unsupported");

    private static string NameOf(Computer computer) => Names.GetValueOrDefault((KindOf(computer), computer.Build), "other");

    private static bool Matches(Rule rule, Computer computer) =>
        (rule.OperatingSystem is null || Like(rule.OperatingSystem, NameOf(computer)))
        && (rule.NamePattern is null || Like(rule.NamePattern, computer.Name))
        && (rule.Tag is null || computer.Tags.Any(tag => string.Equals(tag, rule.Tag, StringComparison.OrdinalIgnoreCase)));

    private static bool Like(string pattern, string text) => Regex.IsMatch(text,
        $@"\A{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal)}\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
}
