using Atp.Core.Devices;

namespace Atp.Core.Tests.Devices;

/// <summary>The supported operating systems of the Configuration Manager documentation, and the published release tables.</summary>
public sealed class PlatformRulesTests
{
    private const int Client = 1;
    private const int DomainController = 2;
    private const int Server = 3;

    public static TheoryData<int, int, string, Platform> At2207 { get; } = new()
    {
        { 7601, Client, "Windows 7 SP1", Platform.Unsupported },
        { 7601, Server, "Windows Server 2008 R2 SP1", Platform.Unsupported },
        { 9200, Client, "Windows 8", Platform.Unsupported },
        { 9200, Server, "Windows Server 2012", Platform.Unsupported },
        { 10240, Client, "Windows 10 1507", Platform.Unsupported },
        { 10586, Client, "Windows 10 1511", Platform.Unsupported },
        { 15063, Client, "Windows 10 1703", Platform.UpLevel },
        { 17134, Client, "Windows 10 1803", Platform.UpLevel },
        { 17134, Server, "Windows Server 1803", Platform.UpLevel },
        { 17763, Client, "Windows 10 1809", Platform.UpLevel },
        { 17763, Server, "Windows Server 2019", Platform.UpLevel },
        { 18362, Client, "Windows 10 1903", Platform.UpLevel },
        { 18362, Server, "Windows Server 1903", Platform.UpLevel },
        { 18363, Client, "Windows 10 1909", Platform.UpLevel },
        { 18363, Server, "Windows Server 1909", Platform.UpLevel },
        { 19041, Client, "Windows 10 2004", Platform.UpLevel },
        { 19041, Server, "Windows Server 2004", Platform.UpLevel },
        { 19042, Client, "Windows 10 20H2", Platform.UpLevel },
        { 19042, Server, "Windows Server 20H2", Platform.UpLevel },
        { 19043, Client, "Windows 10 21H1", Platform.UpLevel },
        { 19044, Client, "Windows 10 21H2", Platform.UpLevel },
        { 19045, Client, "Windows 10 22H2", Platform.UpLevel },
        { 20348, Server, "Windows Server 2022", Platform.UpLevel },
        { 22000, Client, "Windows 11 21H2", Platform.UpLevel },
        { 22621, Client, "Windows 11 22H2", Platform.UpLevel },
        { 22631, Client, "Windows 11 23H2", Platform.UpLevel },
        { 25398, Server, "Windows Server 23H2", Platform.UpLevel },
        { 26100, Client, "Windows 11 24H2", Platform.UpLevel },
        { 26100, Server, "Windows Server 2025", Platform.UpLevel },
        { 26200, Client, "Windows 11 25H2", Platform.UpLevel },
        { 28000, Client, "Windows 11 26H1", Platform.UpLevel },
    };

    [Theory]
    [InlineData(1910, "Windows 10 1607 to Windows 10 22H2 (builds 14393 to 21999): the configuration file")]
    [InlineData(2002, "Windows 8.1 (build 9600): Workspace ID and key")]
    [InlineData(2002, "Windows Server 2012 R2 (build 9600): Workspace ID and key")]
    [InlineData(2002, "Windows Server 1709 (builds 14394 to 17133): Workspace ID and key")]
    [InlineData(2002, "Windows Server 1803 to Windows Server 20H2 (builds 17134 to 20347): the configuration file")]
    [InlineData(2107, "Windows 11 21H2 and later (builds from 22000): the configuration file")]
    [InlineData(2207, "Windows 8.1 (build 9600): Workspace ID and key")]
    [InlineData(2207, "Windows Server 2016 (build 14393): Workspace ID and key, or the configuration file with the Defender client")]
    public void What_a_version_supports_is_said_in_a_line_each(int version, string line) =>
        Assert.Contains(line, PlatformRules.Supported(version));

    [Fact]
    public void A_site_of_version_1910_or_prior_supports_Windows_10_1607_and_later_and_nothing_else() =>
        Assert.Single(PlatformRules.Supported(1910));

    [Theory]
    [MemberData(nameof(At2207))]
    public void Every_build_of_the_release_tables_has_its_name_and_platform(int build, int productType, string name, Platform platform) =>
        Assert.Equal(new OperatingSystemClass(name, platform), PlatformRules.Classify(new OperatingSystemFacts(build, productType, 0), 2207));

    [Fact]
    public void Build_9600_is_down_level_as_Windows_8_1_and_as_Server_2012_R2()
    {
        Assert.Equal(new OperatingSystemClass("Windows 8.1", Platform.DownLevel), At(9600, Client));
        Assert.Equal(new OperatingSystemClass("Windows Server 2012 R2", Platform.DownLevel), At(9600, Server));
    }

    [Fact]
    public void Build_14393_is_up_level_as_Windows_10_1607_and_down_level_as_Server_2016()
    {
        Assert.Equal(new OperatingSystemClass("Windows 10 1607", Platform.UpLevel), At(14393, Client));
        Assert.Equal(new OperatingSystemClass("Windows Server 2016", Platform.DownLevel), At(14393, Server));
        Assert.Equal(new OperatingSystemClass("Windows Server 2016", Platform.DownLevel), At(14393, DomainController));
    }

    [Fact]
    public void Build_16299_is_up_level_as_Windows_10_1709_and_as_Server_1709_down_level_until_it_was_dropped()
    {
        Assert.Equal(new OperatingSystemClass("Windows 10 1709", Platform.UpLevel), At(16299, Client));
        Assert.Equal(new OperatingSystemClass("Windows Server 1709", Platform.DownLevel), At(16299, Server, version: 2107));
        Assert.Equal(new OperatingSystemClass("Windows Server 1709", Platform.Unsupported), At(16299, Server));
    }

    [Theory]
    // 1910: Windows 10 1607 and later only. 2002 adds Windows 8.1 and the servers, 2107 Windows 11 and Server 2022.
    [InlineData(1910, 14393, Client, Platform.UpLevel)]
    [InlineData(1910, 9600, Client, Platform.Unsupported)]
    [InlineData(1910, 9600, Server, Platform.Unsupported)]
    [InlineData(1910, 14393, Server, Platform.Unsupported)]
    [InlineData(1910, 17763, Server, Platform.Unsupported)]
    [InlineData(2002, 9600, Client, Platform.DownLevel)]
    [InlineData(2002, 9600, Server, Platform.DownLevel)]
    [InlineData(2002, 14393, Server, Platform.DownLevel)]
    [InlineData(2002, 17763, Server, Platform.UpLevel)]
    [InlineData(2010, 20348, Server, Platform.Unsupported)]
    [InlineData(2010, 22000, Client, Platform.Unsupported)]
    [InlineData(2107, 20348, Server, Platform.UpLevel)]
    [InlineData(2107, 22000, Client, Platform.UpLevel)]
    public void The_version_of_Configuration_Manager_decides_what_is_supported(int version, int build, int productType, Platform expected) =>
        Assert.Equal(expected, At(build, productType, version).Platform);

    [Theory]
    [InlineData(14392, Client, Platform.Unsupported)] // builds between the known ones go by range
    [InlineData(18209, Client, Platform.UpLevel)]
    [InlineData(21999, Client, Platform.UpLevel)]
    [InlineData(99999, Client, Platform.UpLevel)]
    [InlineData(9599, Server, Platform.Unsupported)]
    [InlineData(9601, Server, Platform.Unsupported)]
    [InlineData(17133, Server, Platform.Unsupported)]
    [InlineData(20347, Server, Platform.UpLevel)]
    [InlineData(99999, Server, Platform.UpLevel)]
    public void A_build_without_a_name_is_classified_by_its_range(int build, int productType, Platform expected) =>
        Assert.Equal(new OperatingSystemClass(PlatformRules.Other, expected), At(build, productType));

    [Theory]
    [InlineData(2006, 19041, "Windows 10 Enterprise multi-session", Platform.UpLevel)]
    [InlineData(2002, 19041, "Windows 10 Enterprise multi-session", Platform.Unsupported)]
    [InlineData(2207, 17763, "Windows 10 Enterprise multi-session", Platform.UpLevel)]
    [InlineData(2107, 22000, "Windows 11 Enterprise multi-session", Platform.UpLevel)]
    [InlineData(2010, 22000, "Windows 11 Enterprise multi-session", Platform.Unsupported)]
    public void Multi_session_reports_a_servers_product_type_and_is_a_client(int version, int build, string name, Platform expected) =>
        Assert.Equal(new OperatingSystemClass(name, expected),
            PlatformRules.Classify(new OperatingSystemFacts(build, Server, PlatformRules.MultiSessionSku), version));

    [Theory]
    // The client setting came with 2207, for Windows Server 2012 R2 and 2016.
    [InlineData(2207, 9600, Server, 7, true)]
    [InlineData(2207, 9600, DomainController, 7, true)]
    [InlineData(2207, 14393, Server, 7, true)]
    [InlineData(2207, 14393, DomainController, 8, true)]
    [InlineData(2107, 9600, Server, 7, false)]
    [InlineData(2107, 14393, Server, 7, false)]
    [InlineData(1910, 14393, Server, 7, false)]
    [InlineData(2207, 9600, Client, 4, false)] // Windows 8.1 stays with the Monitoring Agent
    [InlineData(2207, 14393, Client, 4, false)]
    [InlineData(2207, 14393, Server, PlatformRules.MultiSessionSku, false)]
    [InlineData(2207, 9200, Server, 7, false)]
    [InlineData(2207, 16299, Server, 7, false)]
    [InlineData(2207, 17763, Server, 7, false)] // has the client built in
    public void Server_2012_R2_and_2016_can_take_the_Defender_client_by_client_setting(int version, int build, int productType, int sku, bool expected) =>
        Assert.Equal(expected, PlatformRules.SupportsDefenderClient(new OperatingSystemFacts(build, productType, sku), version));

    [Theory]
    [InlineData(1910, false)]
    [InlineData(2002, false)]
    [InlineData(2006, false)]
    [InlineData(2010, false)]
    [InlineData(2107, false)]
    [InlineData(2207, true)]
    public void A_site_has_that_client_setting_from_2207_on(int version, bool expected) =>
        Assert.Equal(expected, PlatformRules.HasDefenderClientSetting(version));

    private static OperatingSystemClass At(int build, int productType, int version = 2207) =>
        PlatformRules.Classify(new OperatingSystemFacts(build, productType, 0), version);
}
