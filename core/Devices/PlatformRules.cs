namespace Atp.Core.Devices;

/// <summary>How a device is onboarded.</summary>
public enum Platform
{
    /// <summary>Takes the configuration file.</summary>
    UpLevel,

    /// <summary>Takes the Workspace ID and key, through the Microsoft Monitoring Agent.</summary>
    DownLevel,

    /// <summary>Can't be onboarded by this site.</summary>
    Unsupported,
}

/// <summary>An operating system by the rule set.</summary>
/// <param name="Name">For people and as a scope of figures; <see cref="PlatformRules.Other"/> when the rule set has no name for it.</param>
/// <param name="Platform">How it is onboarded at the site's Configuration Manager version.</param>
public sealed record OperatingSystemClass(string Name, Platform Platform);

/// <summary>
/// Which operating systems can be onboarded and how: data, by ranges of integers, since a build that isn't known by name must
/// still be classified. Source: the supported operating systems of the Configuration Manager documentation (edition of
/// 2020-10-28, and its later editions for versions 2107 and 2207), and the published Windows release tables for the names.
/// </summary>
public static class PlatformRules
{
    public const string Other = "other";

    /// <summary>Win32_OperatingSystem.OperatingSystemSKU of Windows multi-session, which reports product type 3 but is a client.</summary>
    public const int MultiSessionSku = 175;

    private const int Workstation = 1;
    private const int Server = 3;
    private const int Always = 0;
    private const int Never = int.MaxValue;

    /// <summary>Builds from, to (included), how, and the Configuration Manager versions from (included) and until (excluded).</summary>
    private static readonly (int From, int To, Platform Platform, int Since, int Until)[] ClientRules =
    [
        (9600, 9600, Platform.DownLevel, 2002, Never),
        (14393, 21999, Platform.UpLevel, Always, Never),
        (22000, int.MaxValue, Platform.UpLevel, 2107, Never),
    ];

    private static readonly (int From, int To, Platform Platform, int Since, int Until)[] ServerRules =
    [
        (9600, 9600, Platform.DownLevel, 2002, Never),
        (14393, 14393, Platform.DownLevel, 2002, Never),
        // Server, version 1709 was dropped from the list of the later editions.
        (14394, 17133, Platform.DownLevel, 2002, 2207),
        (17134, 20347, Platform.UpLevel, 2002, Never),
        (20348, int.MaxValue, Platform.UpLevel, 2107, Never),
    ];

    private static readonly (int From, int To, Platform Platform, int Since, int Until)[] MultiSessionRules =
    [
        (17763, 21999, Platform.UpLevel, 2006, Never),
        (22000, int.MaxValue, Platform.UpLevel, 2107, Never),
    ];

    /// <summary>
    /// From version 2207 these servers can take the Defender client in place of the Monitoring Agent, by a client setting.
    /// Windows 8.1 can't.
    /// </summary>
    private static readonly (int Build, int Since)[] DefenderClientServers = [(9600, 2207), (14393, 2207)];

    private static readonly Dictionary<int, string> ClientNames = new()
    {
        [7601] = "Windows 7 SP1",
        [9200] = "Windows 8",
        [9600] = "Windows 8.1",
        [10240] = "Windows 10 1507",
        [10586] = "Windows 10 1511",
        [14393] = "Windows 10 1607",
        [15063] = "Windows 10 1703",
        [16299] = "Windows 10 1709",
        [17134] = "Windows 10 1803",
        [17763] = "Windows 10 1809",
        [18362] = "Windows 10 1903",
        [18363] = "Windows 10 1909",
        [19041] = "Windows 10 2004",
        [19042] = "Windows 10 20H2",
        [19043] = "Windows 10 21H1",
        [19044] = "Windows 10 21H2",
        [19045] = "Windows 10 22H2",
        [22000] = "Windows 11 21H2",
        [22621] = "Windows 11 22H2",
        [22631] = "Windows 11 23H2",
        [26100] = "Windows 11 24H2",
        [26200] = "Windows 11 25H2",
        [28000] = "Windows 11 26H1",
    };

    private static readonly Dictionary<int, string> ServerNames = new()
    {
        [7601] = "Windows Server 2008 R2 SP1",
        [9200] = "Windows Server 2012",
        [9600] = "Windows Server 2012 R2",
        [14393] = "Windows Server 2016",
        [16299] = "Windows Server 1709",
        [17134] = "Windows Server 1803",
        [17763] = "Windows Server 2019",
        [18362] = "Windows Server 1903",
        [18363] = "Windows Server 1909",
        [19041] = "Windows Server 2004",
        [19042] = "Windows Server 20H2",
        [20348] = "Windows Server 2022",
        [25398] = "Windows Server 23H2",
        [26100] = "Windows Server 2025",
    };

    private static readonly Dictionary<int, string> MultiSessionNames = new()
    {
        [17763] = "Windows 10 Enterprise multi-session",
        [22000] = "Windows 11 Enterprise multi-session",
    };

    /// <summary>Every name that <see cref="Classify"/> may give.</summary>
    public static IReadOnlySet<string> Names { get; } =
        ClientNames.Values.Concat(ServerNames.Values).Concat(MultiSessionNames.Values).Append(Other).ToHashSet();

    /// <param name="facts">From inventory.</param>
    /// <param name="configurationManagerVersion">The site's version, e.g. 2207.</param>
    public static OperatingSystemClass Classify(OperatingSystemFacts facts, int configurationManagerVersion)
    {
        if (facts.Sku == MultiSessionSku)
        {
            return new OperatingSystemClass(
                MultiSessionNames[facts.Build >= 22000 ? 22000 : 17763],
                PlatformOf(MultiSessionRules, facts.Build, configurationManagerVersion));
        }

        // A domain controller (2) never reports 3, and is a server all the same.
        var isClient = facts.ProductType == Workstation;
        return new OperatingSystemClass(
            (isClient ? ClientNames : ServerNames).GetValueOrDefault(facts.Build, Other),
            PlatformOf(isClient ? ClientRules : ServerRules, facts.Build, configurationManagerVersion));
    }

    /// <summary>Whether a client setting may choose the Defender client for this down-level system.</summary>
    public static bool SupportsDefenderClient(OperatingSystemFacts facts, int configurationManagerVersion) =>
        facts.ProductType != Workstation && facts.Sku != MultiSessionSku
        && DefenderClientServers.Any(rule => rule.Build == facts.Build && configurationManagerVersion >= rule.Since);

    /// <summary>Whether the site's version of Configuration Manager has that client setting.</summary>
    public static bool HasDefenderClientSetting(int configurationManagerVersion) =>
        DefenderClientServers.Any(rule => configurationManagerVersion >= rule.Since);

    /// <summary>What a site of this version supports, a line for each rule: which systems, and what they take.</summary>
    public static IReadOnlyList<string> Supported(int configurationManagerVersion) =>
    [
        .. Lines(ClientRules, ClientNames, Workstation, 0, configurationManagerVersion),
        .. Lines(MultiSessionRules, MultiSessionNames, Server, MultiSessionSku, configurationManagerVersion),
        .. Lines(ServerRules, ServerNames, Server, 0, configurationManagerVersion),
    ];

    private static IEnumerable<string> Lines(
        (int From, int To, Platform Platform, int Since, int Until)[] rules, Dictionary<int, string> names, int productType, int sku, int version)
    {
        foreach (var rule in rules.Where(rule => version >= rule.Since && version < rule.Until))
        {
            var named = names.Where(name => name.Key >= rule.From && name.Key <= rule.To).OrderBy(name => name.Key).Select(name => name.Value).ToList();
            var (systems, builds) = rule.To == int.MaxValue ? ($"{named[0]} and later", $"builds from {rule.From}")
                : (named.Count == 1 ? named[0] : $"{named[0]} to {named[^1]}", rule.From == rule.To ? $"build {rule.From}" : $"builds {rule.From} to {rule.To}");
            var takes = rule.Platform == Platform.UpLevel ? "the configuration file"
                : SupportsDefenderClient(new OperatingSystemFacts(rule.From, productType, sku), version)
                    ? "Workspace ID and key, or the configuration file with the Defender client"
                    : "Workspace ID and key";
            yield return $"{systems} ({builds}): {takes}";
        }
    }

    private static Platform PlatformOf(
        (int From, int To, Platform Platform, int Since, int Until)[] rules, int build, int configurationManagerVersion)
    {
        foreach (var rule in rules)
        {
            if (build >= rule.From && build <= rule.To
                && configurationManagerVersion >= rule.Since && configurationManagerVersion < rule.Until)
            {
                return rule.Platform;
            }
        }

        return Platform.Unsupported;
    }
}
