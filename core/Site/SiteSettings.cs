namespace Atp.Core.Site;

/// <summary>What is fixed for the life of a site, and the few settings that its rules depend on.</summary>
/// <param name="ShardCount">1 to 256; inserted once, never changed.</param>
/// <param name="ConfigurationManagerVersion">The site's version as it is written: 1910, 2002, 2006, 2010, 2107 or 2207.</param>
/// <param name="InactiveAfter">A device whose last connection is longer ago is inactive. 7 days by default.</param>
public sealed record SiteSettings(int ShardCount, int ConfigurationManagerVersion, TimeSpan InactiveAfter)
{
    public const int SchemaVersion = 1;

    public static IReadOnlyList<int> KnownConfigurationManagerVersions { get; } = [1910, 2002, 2006, 2010, 2107, 2207];
}
