using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atp.Functions.Tests.Deployments;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Seed;

/// <summary>
/// Sections "About onboarding to ATP" and "Onboard devices with any supported operating system": one policy with the configuration
/// file, the Workspace ID and the Workspace key serves a collection of any supported systems.
/// </summary>
public sealed class OnboardAnyOperatingSystemTests(TestStack stack)
{
    private static readonly Windows[] UpLevel = [Windows.Ten1607, Windows.TenNewest, Windows.Server1803, Windows.Server2019];
    private static readonly Windows[] DownLevel = [Windows.EightPointOne, Windows.Server2012R2, Windows.Server2016, Windows.Server1709];

    [Fact]
    public async Task Up_level_devices_get_the_configuration_file_and_down_level_ones_the_Workspace_ID_and_key()
    {
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version("2002"));
        var policy = await host.CreatePolicyAsync();
        var deploymentId = await host.DeployToAsync(policy, [.. UpLevel, .. DownLevel]);

        foreach (var windows in UpLevel)
        {
            var device = await host.EnrollAsync(windows.DeviceId);
            var instructions = (await device.CheckInAsync())["instructions"]!;
            Assert.Null(instructions["workspaceUrl"]);
            var file = await device.GetAsync((string)instructions["configuration"]!["url"]!);
            Assert.Equal((int)policy["configurationFile"]!["length"]!, (await file.Content.ReadAsByteArrayAsync()).Length);
            await device.SendAsync(device.Healthy(deploymentId, 1));
            await device.IngestedAsync();
        }

        foreach (var windows in DownLevel)
        {
            var device = await host.EnrollAsync(windows.DeviceId);
            var instructions = (await device.CheckInAsync())["instructions"]!;
            Assert.Null(instructions["configuration"]);
            var workspace = await (await device.GetAsync((string)instructions["workspaceUrl"]!)).JsonAsync();
            Assert.Equal((TestSite.WorkspaceId, TestSite.WorkspaceKey), ((string?)workspace["workspaceId"], (string?)workspace["workspaceKey"]));
            await device.SendAsync(device.Healthy(deploymentId, 1));
            await device.IngestedAsync();
        }

        var site = (await host.RollUpAsync())["site"]!;
        Assert.Equal((8, 8, 100.0), ((int)site["onboarded"]!, (int)site["eligible"]!, (double)site["onboardingPercent"]!));
    }

    [Fact]
    public async Task The_Monitoring_Agent_is_installed_when_it_is_missing_and_never_updated()
    {
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version("2002"));
        await host.DeployToAsync(await host.CreatePolicyAsync(), Windows.Server2016, Windows.TenNewest);
        var server = await host.EnrollAsync(Windows.Server2016.DeviceId);

        Assert.Equal("Install", (string?)(await server.CheckInAsync())["instructions"]!["monitoringAgent"]);
        var withOldAgent = new
        {
            name = "SERVER",
            build = Windows.Server2016.Build,
            productType = Windows.Server2016.ProductType,
            tags = new[] { "all" },
            monitoringAgentVersion = "10.19.10014.0",
        };
        Assert.Equal("None", (string?)(await server.CheckInAsync(withOldAgent))["instructions"]!["monitoringAgent"]);
        Assert.Equal("10.19.10014.0", (string?)(await host.GetJsonAsync($"/api/devices/{Windows.Server2016.DeviceId}"))["monitoringAgentVersion"]);
        Assert.Equal("None", (string?)(await host.InstructionsAsync(Windows.TenNewest))!["monitoringAgent"]);
    }

    [Fact]
    public async Task Without_Workspace_ID_and_key_the_policy_fails_on_down_level_clients_and_onboards_the_up_level_ones()
    {
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version("2002"));
        await host.ImportAsync([.. UpLevel.Select(windows => windows.Line), .. DownLevel.Select(windows => windows.Line)]);
        var policyId = (string)(await host.CreatePolicyAsync(workspaceId: null))["id"]!;
        var collection = await host.TargetCollectionAsync();

        var refused = await (await host.Admin.PostAsJsonAsync("/api/deployments", new { policyId, collectionIds = new[] { collection } }))
            .ProblemAsync(HttpStatusCode.Conflict, "deployment.would-fail");
        Assert.Equal((4, 4), ((int)refused["preview"]!["wouldSucceed"]!["devices"]!, (int)refused["preview"]!["wouldFail"]!["devices"]!));
        await host.DeployAllTheSameAsync(policyId, collection);

        foreach (var windows in UpLevel)
        {
            Assert.Equal("Onboard", (string?)(await host.InstructionsAsync(windows))!["action"]);
        }

        foreach (var windows in DownLevel)
        {
            var instructions = (await host.InstructionsAsync(windows))!;
            Assert.Equal("None", (string?)instructions["action"]);
            Assert.Contains("Workspace ID and key", (string?)instructions["reason"], StringComparison.Ordinal);
            Assert.Equal("Error", (string?)(await host.TargetAsync(windows))["status"]);
        }
    }

    [Fact]
    public async Task A_policy_is_deployed_to_several_collections_and_a_device_in_two_of_them_is_one_target()
    {
        await using var host = await AtpHost.StartAsync(stack);
        await host.ImportAsync(
        [
            TestSite.Line("berlin-1", tags: "\"berlin\""), TestSite.Line("paris-1", tags: "\"paris\""), TestSite.Line("both-1", tags: "\"berlin\",\"paris\""),
        ]);
        var policy = await host.CreatePolicyAsync();
        var deploymentId = await host.DeployAsync((string)policy["id"]!,
            await host.CreateCollectionAsync("Berlin", new { tag = "berlin" }), await host.CreateCollectionAsync("Paris", new { tag = "paris" }));

        Assert.Equal(3, (int)(await host.ActiveAsync(deploymentId))["progress"]!["devices"]!);
        await host.RollUpAsync();
        Assert.Equal(3, (int)(await host.GetJsonAsync($"/api/deployments/{deploymentId}"))["statuses"]!["unknown"]!);
    }

    [Fact]
    public async Task The_downloaded_archive_and_the_file_extracted_from_it_make_the_same_policy_and_another_download_is_refused_by_name()
    {
        await using var host = await AtpHost.StartAsync(stack);
        var file = stack.Authority.CreateOnboarding(TestSite.OrgId);
        using var archive = TestSite.PolicyForm(file.ToZip(), "From the archive");
        using var extracted = TestSite.PolicyForm(file, "From the file");
        using var script = TestSite.PolicyForm(file with { FileName = "WindowsDefenderATPOnboardingScript.cmd" }, "From a script");

        var first = await (await host.Admin.PostAsync("/api/policies", archive)).JsonAsync(HttpStatusCode.Created);
        var second = await (await host.Admin.PostAsync("/api/policies", extracted)).JsonAsync(HttpStatusCode.Created);
        var refused = await (await host.Admin.PostAsync("/api/policies", script))
            .ProblemAsync(HttpStatusCode.BadRequest, "configuration-file.script-package", "configurationFile");

        Assert.Equal((string?)first["configurationFile"]!["sha256"], (string?)second["configurationFile"]!["sha256"]);
        Assert.Contains("Microsoft Endpoint Configuration Manager current branch and later", (string?)refused["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workspace_key_and_ID_in_each_others_fields_are_refused()
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var swapped = TestSite.PolicyForm(
            stack.Authority.CreateOnboarding(TestSite.OrgId), workspaceId: TestSite.WorkspaceKey, workspaceKey: TestSite.WorkspaceId);

        var refused = await (await host.Admin.PostAsync("/api/policies", swapped)).ProblemAsync(HttpStatusCode.BadRequest, "workspace.swapped", "workspaceKey");

        Assert.DoesNotContain(TestSite.WorkspaceKey, refused.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty((await host.GetJsonAsync("/api/policies"))["value"]!.AsArray());
    }

    [Theory]
    [InlineData("None")]
    [InlineData("AllFileTypes")]
    public async Task The_file_samples_that_the_policy_names_reach_the_device(string fileSamples)
    {
        await using var host = await AtpHost.StartAsync(stack);
        using var form = TestSite.PolicyForm(stack.Authority.CreateOnboarding(TestSite.OrgId));
        form.Add(new StringContent(fileSamples), "fileSamples");
        var policy = await (await host.Admin.PostAsync("/api/policies", form)).JsonAsync(HttpStatusCode.Created);
        await host.DeployToAsync(policy, Windows.TenNewest);

        Assert.Equal(fileSamples, (string?)(await host.InstructionsAsync(Windows.TenNewest))!["fileSamples"]);
    }

    [Theory]
    [InlineData("2006", HttpStatusCode.BadRequest)]
    [InlineData("2010", HttpStatusCode.OK)]
    public async Task In_2006_or_earlier_an_edit_of_the_Workspace_key_needs_ID_and_file_too_else_it_would_fail_on_down_level_clients(
        string version, HttpStatusCode expected)
    {
        await using var host = await AtpHost.StartAsync(stack, SeedSteps.Version(version));
        var policy = await host.CreatePolicyAsync();
        var newKey = Convert.ToBase64String(Enumerable.Repeat((byte)7, 64).ToArray());
        await host.DeployToAsync(policy, Windows.Server2016);

        var alone = await EditAsync(host, policy, new { workspaceKey = newKey });
        Assert.Equal(expected, alone.StatusCode);
        if (expected == HttpStatusCode.BadRequest)
        {
            await alone.ProblemAsync(expected, "policy.all-three-needed", "configurationFile");
            var file = stack.Authority.CreateOnboarding(TestSite.OrgId);
            await (await EditAsync(host, policy, new
            {
                configurationFile = new { name = file.FileName, content = file.Content },
                workspaceId = TestSite.WorkspaceId,
                workspaceKey = newKey,
            })).JsonAsync();
        }

        var server = await host.EnrollAsync(Windows.Server2016.DeviceId);
        var instructions = (await server.CheckInAsync())["instructions"]!;
        Assert.Equal(newKey, (string?)(await (await server.GetAsync((string)instructions["workspaceUrl"]!)).JsonAsync())["workspaceKey"]);
    }

    private static async Task<HttpResponseMessage> EditAsync(AtpHost host, JsonObject policy, object edit)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/policies/{policy["id"]}") { Content = JsonContent.Create(edit) };
        request.Headers.IfMatch.Add(new EntityTagHeaderValue("\"1\""));
        return await host.Admin.SendAsync(request);
    }
}
