using System.Text.Json.Nodes;

namespace Atp.Functions.Tests.Seed;

/// <summary>The operating systems that the seed document names, as inventory knows them.</summary>
public sealed record Windows(string DeviceId, int Build, int ProductType)
{
    public static Windows Seven { get; } = new("windows-7", 7601, 1);

    public static Windows EightPointOne { get; } = new("windows-8.1", 9600, 1);

    public static Windows Ten1507 { get; } = new("windows-10-1507", 10240, 1);

    public static Windows Ten1607 { get; } = new("windows-10-1607", 14393, 1);

    public static Windows TenNewest { get; } = new("windows-10-22h2", 19045, 1);

    public static Windows Server2012R2 { get; } = new("server-2012-r2", 9600, 3);

    public static Windows Server2016 { get; } = new("server-2016", 14393, 3);

    public static Windows Server1709 { get; } = new("server-1709", 16299, 3);

    public static Windows Server1803 { get; } = new("server-1803", 17134, 3);

    public static Windows Server2019 { get; } = new("server-2019", 17763, 3);

    public static IReadOnlyList<Windows> All { get; } =
        [Seven, EightPointOne, Ten1507, Ten1607, TenNewest, Server2012R2, Server2016, Server1709, Server1803, Server2019];

    public string Line => TestSite.Line(DeviceId, Build, ProductType);
}

/// <summary>What an administrator of the seed document does before a device does its part.</summary>
internal static class SeedSteps
{
    public static AtpHostOptions Version(string configurationManagerVersion) => new()
    {
        Settings = { ["Atp:Site:ConfigurationManagerVersion"] = configurationManagerVersion },
    };

    /// <summary>A collection of these devices, and the policy deployed to it.</summary>
    /// <returns>The deployment's id, once every device was placed.</returns>
    public static async Task<string> DeployToAsync(this AtpHost host, JsonObject policy, params IEnumerable<Windows> devices)
    {
        await host.ImportAsync(devices.Select(device => device.Line));
        var deploymentId = await host.DeployAsync((string)policy["id"]!, await host.TargetCollectionAsync());
        await host.ActiveAsync(deploymentId);
        return deploymentId;
    }

    /// <summary>A collection of every device that was imported.</summary>
    public static Task<string> TargetCollectionAsync(this AtpHost host) => host.CreateCollectionAsync("Target", new { tag = "all" });

    /// <summary>What the device is told when it checks in.</summary>
    public static async Task<JsonNode?> InstructionsAsync(this AtpHost host, Windows windows) =>
        (await (await host.EnrollAsync(windows.DeviceId)).CheckInAsync())["instructions"];

    /// <summary>What a device's winning deployment says of it.</summary>
    public static async Task<JsonNode> TargetAsync(this AtpHost host, Windows windows) =>
        (await host.GetJsonAsync($"/api/devices/{windows.DeviceId}"))["targets"]![0]!;
}
