using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Deployments;

public sealed class ForecastTests
{
    private const string Ours = "00000000-0000-0000-0000-000000000000"; // that of Facts.Policy

    [Theory]
    [InlineData(null, null)]
    [InlineData(Ours, null)]
    [InlineData("{00000000-0000-0000-0000-000000000000}", null)] // a GUID, however it is written
    [InlineData("11111111-2222-3333-4444-555555555555", FailureReason.AnotherOrganisation)]
    [InlineData("contoso", FailureReason.AnotherOrganisation)]
    public void A_device_that_is_onboarded_elsewhere_takes_neither_kind_of_file(string? onboardedTo, FailureReason? expected)
    {
        Assert.Equal(expected, Of(Facts.Windows10, Facts.Policy("p"), onboardedTo).Failure);
        Assert.Equal(expected, Of(Facts.Windows10, Facts.Policy("p", kind: PolicyKind.Offboarding, expiresAt: Facts.Now.AddDays(1)), onboardedTo).Failure);
    }

    [Fact]
    public void A_device_has_one_reason_the_first_that_holds_and_an_unsupported_system_none()
    {
        const string Theirs = "11111111-2222-3333-4444-555555555555";
        Assert.Equal(FailureReason.WorkspaceMissing, Of(Facts.Server2016, Facts.Policy("p", workspace: false), Theirs).Failure);
        Assert.Equal(FailureReason.Expired, Of(Facts.Windows10, Facts.Policy("p", kind: PolicyKind.Offboarding, expiresAt: Facts.Now), Theirs).Failure);
        Assert.Null(Of(Facts.Windows7, Facts.Policy("p", workspace: false), Theirs).Failure);
    }

    [Fact]
    public void The_collections_of_the_Defender_client_decide_what_a_server_needs()
    {
        var site = Facts.Site(collections: [Facts.Collection("client") with { DownLevelAgent = DownLevelAgent.DefenderClient }, Facts.Collection("all")]);
        Forecast In(params string[] collections) => Forecast.Of(
            new MergedMember("pc-1", Facts.Server2016, null, collections), Facts.Policy("p", workspace: false).Current, site, Facts.Now);

        Assert.Equal(FailureReason.WorkspaceMissing, In("all").Failure);
        Assert.Equal((Applicability.DeliverFile, null), (In("all", "client").Applicability, In("all", "client").Failure));
    }

    [Theory]
    [InlineData("a", "first")]
    [InlineData("b", "second")]
    [InlineData("a b", "first")]
    [InlineData("b a c", "first")]
    [InlineData("c", null)]
    [InlineData("", null)]
    public void The_holder_of_a_device_is_the_best_of_the_deployments_of_its_collections(string collections, string? expected)
    {
        var deployments = new[] { Facts.Deployment("second", "p2", 9, "a", "b"), Facts.Deployment("first", "p1", 0, "a") };
        var holders = new DeploymentHolders(deployments.ByPrecedence(policyId => policyId == "p1" ? 1 : 2));

        Assert.Equal(expected, holders.Of(collections.Split(' ', StringSplitOptions.RemoveEmptyEntries))?.Id);
    }

    private static Forecast Of(OperatingSystemFacts system, Policy policy, string? onboardedTo) =>
        Forecast.Of(new MergedMember("pc-1", system, onboardedTo, ["all"]), policy.Current, Facts.Site(), Facts.Now);
}
