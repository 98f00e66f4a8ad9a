using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Collections;

/// <summary>"From 2207 a client setting chooses the MDE client or the Monitoring Agent, which is still the default" (DOMAIN.md).</summary>
public sealed class ClientSettingTests
{
    private static readonly OperatingSystemFacts Server2012R2 = new(9600, 3, 7);
    private static readonly OperatingSystemFacts Windows81 = new(9600, 1, 4);

    public static TheoryData<int, OperatingSystemFacts, string, DownLevelAgent> Agents => new()
    {
        { 2207, Facts.Server2016, "all", DownLevelAgent.MonitoringAgent }, // the default
        { 2207, Facts.Server2016, "all client", DownLevelAgent.DefenderClient }, // one of them says so
        { 2207, Server2012R2, "client", DownLevelAgent.DefenderClient },
        { 2207, Windows81, "client", DownLevelAgent.MonitoringAgent },
        { 2207, Facts.Server2016, "", DownLevelAgent.MonitoringAgent },
        { 2107, Facts.Server2016, "client", DownLevelAgent.MonitoringAgent }, // stored before the site's setting said another version
    };

    [Theory]
    [MemberData(nameof(Agents))]
    public void A_down_level_server_has_the_agent_that_a_collection_of_its_own_says(
        int version, OperatingSystemFacts operatingSystem, string collections, DownLevelAgent expected)
    {
        var site = Facts.Site(version: version, collections:
            [Facts.Collection("all"), Facts.Collection("client") with { DownLevelAgent = DownLevelAgent.DefenderClient }]);

        Assert.Equal(expected, site.AgentOf(operatingSystem, collections.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory]
    [InlineData(PolicyKind.Onboarding, "all", Applicability.WorkspaceMissing)]
    [InlineData(PolicyKind.Onboarding, "all client", Applicability.DeliverFile)]
    [InlineData(PolicyKind.Offboarding, "all", Applicability.RemoveMonitoringAgent)]
    [InlineData(PolicyKind.Offboarding, "all client", Applicability.DeliverFile)]
    public void What_a_policy_without_workspace_means_for_the_server_follows_from_it(PolicyKind kind, string collections, Applicability expected)
    {
        var site = Facts.Site([Facts.Policy("p", kind: kind, workspace: false)], [Facts.Deployment("d", "p")],
            [Facts.Collection("all"), Facts.Collection("client") with { DownLevelAgent = DownLevelAgent.DefenderClient }]);

        var decision = DeviceDecision.For(
            Facts.Device(Facts.Server2016, collections.Split(' ')), new Dictionary<string, Assignment>(), site, Facts.Now);

        Assert.Equal(expected, decision.Winner!.Applicability);
    }
}
