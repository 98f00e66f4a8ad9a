using System.CommandLine;
using Atp.Cli.Client;
using Atp.Cli.Completion;
using Atp.Cli.Output;

namespace Atp.Cli.Devices;

internal static class DeviceListCommand
{
    public const int PageSize = 1000;

    private static readonly string[] Figures =
    [
        "Targeted", "Healthy", "AgentState", "Inactive", "NotOnboarded", "NeverReached", "Offboarding", "FileSamplesDrifted", "OnOldEnrollmentKey", "Onboarded",
        "Eligible",
    ];

    private static readonly string[] Statuses = ["Success", "Error", "RequirementsNotMet", "InProgress", "Unknown", "Superseded"];

    /// <summary>What a list says of a device.</summary>
    public static readonly IReadOnlyList<Column<DeviceAnswer>> Columns = ColumnsFor(null);

    public static Command Create(Terminal terminal)
    {
        var server = new ServerOptions();
        var scope = new Option<string?>("--scope") { Description = "Of this scope, as `status --by` names it: collection!ID, os!NAME, …" };
        var health = new Option<string?>("--health") { Description = "Behind this figure of the scope: Healthy, NotOnboarded, Onboarded, …" };
        health.CompletionSources.Add(Figures);
        var deployment = new Option<string?>("--deployment") { Description = "That this deployment targets" };
        deployment.CompletionSources.Add(context => LiveIds.Deployments.Find(server, context));
        var status = new Option<string?>("--status") { Description = "On which that deployment stands so: Success, Error, …" };
        status.CompletionSources.Add(Statuses);
        var name = new Option<string?>("--name") { Description = "With a name like this; * and ? stand for any characters" };
        var retired = new Option<bool>("--retired") { Description = "Those that are retired, in place of those in use" };
        var top = CommonOptions.Top();
        var command = new Command("list", "List devices: all, or those behind a figure") { scope, health, deployment, status, name, retired, top };
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var most = parse.GetValue(top);
            var deploymentId = parse.GetValue(deployment);
            var devices = server.Connect(parse).ListDevicesAsync(
                [
                    ("scope", parse.GetValue(scope)), ("health", parse.GetValue(health)), ("deploymentId", deploymentId),
                    ("status", parse.GetValue(status)), ("name", parse.GetValue(name)), ("retired", parse.GetValue(retired) ? "true" : null),
                ], Math.Min(most + 1, PageSize), ct);
            await server.Answers(terminal, parse).ListAsync(
                devices, ColumnsFor(deploymentId), most, "--scope, --health and --name narrow it down", ct);
        });
        return command;
    }

    /// <param name="deploymentId">The deployment that was asked for; without one, that which decides.</param>
    private static IReadOnlyList<Column<DeviceAnswer>> ColumnsFor(string? deploymentId)
    {
        TargetAnswer? Target(DeviceAnswer device) => device.Targets.FirstOrDefault(target => deploymentId is null || target.DeploymentId == deploymentId);
        return
        [
            new("Id", device => device.Id) { IsWhole = true },
            new("Name", device => device.Name),
            new("Operating system", device => device.OperatingSystem),
            new("Health", device => device.Health),
            new("Status", device => Target(device)?.Status),
            new("Last seen", device => device.LastSeen),
            new("Policy name", device => Target(device)?.PolicyName) { InTable = false },
            new("Deployment id", device => Target(device)?.DeploymentId) { InTable = false },
            new("Message", device => DeviceExplanation.Reason(device).Text) { InTable = false },
            new("Build", device => device.Build) { InTable = false },
            new("Product type", device => device.ProductType) { InTable = false },
            new("Sku", device => device.Sku) { InTable = false },
            new("Platform", device => device.Platform) { InTable = false },
            new("Tags", device => device.Tags) { InTable = false },
            new("Monitoring agent version", device => device.MonitoringAgentVersion) { InTable = false },
            new("Defender client version", device => device.DefenderClientVersion) { InTable = false },
            new("Enrolled", device => device.Enrolled) { InTable = false },
            new("Blocked", device => device.Blocked) { InTable = false },
            new("Retired", device => device.RetirementMessage is not null) { InTable = false },
            new("Reported at", device => device.LastReport?.ReportedAt) { InTable = false },
            new("Last connected", device => device.LastReport?.LastConnected) { InTable = false },
            new("Onboarding state", device => device.LastReport?.OnboardingState) { InTable = false },
            new("Sense is running", device => device.LastReport?.SenseIsRunning) { InTable = false },
            new("Org id", device => device.LastReport?.OrgId) { InTable = false },
        ];
    }
}
