using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Health;

namespace Atp.Functions.Tests.Dashboard;

/// <summary>A site with something in every view, for tests that only look.</summary>
public sealed class LookedAtSite(TestStack stack) : IAsyncLifetime
{
    /// <summary>The address of each view, by its name, and words that are there once it has loaded.</summary>
    private readonly Dictionary<string, (string Address, string Words)> views = [];

    public AtpHost Host { get; private set; } = null!;

    public static TheoryData<string> Views { get; } =
        ["overview", "devices", "devices-of-a-status", "device", "policies", "deleted-policies", "policy", "new-policy", "deploy", "deployments", "deployment"];

    public async ValueTask InitializeAsync()
    {
        Host = await AtpHost.StartAsync(stack, Fleet.Shards(3));
        var fleet = await MixedFleet.CreateAsync(Host);
        await Host.RollUpAsync();
        var deleted = await Host.CreatePolicyAsync("Withdrawn");
        await Host.ChangeAsync(HttpMethod.Delete, $"/api/policies/{deleted["id"]}", 1);
        views["overview"] = ("", "eligible clients are onboarded");
        views["devices"] = ("devices", "16 devices, which are all");
        views["devices-of-a-status"] = ($"devices?deploymentId={fleet.Onboarding}&status=Superseded", "OFF-1");
        views["device"] = ("device?id=up-2", "Policy that holds it");
        views["policies"] = ("policies", "Pilot");
        views["deleted-policies"] = ("policies?deleted=true", "Withdrawn");
        views["policy"] = ($"policy?id={fleet.OnboardingPolicy}", "Revisions");
        views["new-policy"] = ("new-policy", "Workspace key");
        views["deploy"] = ($"deploy?policyId={fleet.OnboardingPolicy}&collections={fleet.Everybody},{fleet.Leaving}", "Would succeed");
        views["deployments"] = ("deployments", "Everybody");
        views["deployment"] = ($"deployment?id={fleet.Onboarding}", "Devices of this deployment");
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    public string AddressOf(string view) => views[view].Address;

    /// <summary>What is on the view once it has loaded.</summary>
    public string WordsOf(string view) => views[view].Words;
}
