using System.Security.Cryptography;
using System.Text.Json;
using Atp.Cli.Client;
using Atp.Core.Agent;
using Atp.Core.Devices;

namespace Atp.Cli.Simulation;

/// <summary>A device after its check-in: what it was told, and what it took.</summary>
/// <param name="Key">What it signs with from now on.</param>
/// <param name="OrgId">From the configuration file; null when it took none.</param>
public sealed record Visit(SimulatedDevice Device, DeviceKey Key, CheckInAnswer Answer, string? OrgId)
{
    /// <summary>Whether there was something to apply.</summary>
    public bool Fetched => Answer.Instructions is { Action: not AgentAction.None };
}

/// <summary>What the agent on a simulated device does: the real protocol, and an operating system that is made up.</summary>
/// <param name="service">The service.</param>
/// <param name="clock">The device's.</param>
/// <param name="reportsOverHttp">Reports go to the service, as where a proxy allows no other host; else into the queue.</param>
public sealed class DeviceAgent(AgentClient service, TimeProvider clock, bool reportsOverHttp = false)
{
    private const string ScriptCouldNotStartService = "script:15";
    private static readonly TimeSpan JustNow = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(10);

    /// <summary>Checks in, downloads what it is offered, and checks that before it applies it.</summary>
    /// <exception cref="CommandException">When what it got isn't what was announced.</exception>
    public async Task<Visit> VisitAsync(SimulatedDevice device, DeviceKey key, CancellationToken ct)
    {
        (var answer, key) = await CheckInAsync(device, key, ct);
        string? orgId = null;
        if (answer.Instructions?.Configuration is { } offer)
        {
            orgId = ReadOrgId(Verified(await service.DownloadAsync(key, offer.Url, ct), offer));
        }

        if (answer.Instructions?.WorkspaceUrl is { } url)
        {
            var workspace = await service.GetWorkspaceAsync(key, url, ct);
            if (!Guid.TryParse(workspace.WorkspaceId, out _) || workspace.WorkspaceKey.Length == 0)
            {
                throw new CommandException($"{device.Id} got a workspace that no agent can use.");
            }
        }

        return new Visit(device, key, answer, orgId);
    }

    /// <summary>Reports what became of it, as the device's behaviour has it.</summary>
    /// <returns>What it has done so far.</returns>
    public async Task<Deed> ReportAsync(Visit visit, CancellationToken ct)
    {
        if (!visit.Fetched)
        {
            return Deed.CheckedIn;
        }

        if (visit.Device.Behaviour == Behaviour.GoesSilent)
        {
            return Deed.Fetched;
        }

        var instructions = visit.Answer.Instructions!;
        var (report, deed) = Outcome(visit.Device.Behaviour, instructions, clock.GetUtcNow());
        report = report with
        {
            OrgId = visit.OrgId,
            DeploymentId = instructions.DeploymentId,
            Revision = instructions.Revision,
        };
        // Some send the same report again, as after an answer that was lost.
        for (var times = visit.Device.SendsTwice ? 2 : 1; times > 0; times--)
        {
            await SendAsync(visit, report, ct);
        }

        return deed;
    }

    private async Task SendAsync(Visit visit, DeviceReport report, CancellationToken ct)
    {
        var reports = visit.Answer.Reports;
        if (reportsOverHttp)
        {
            await service.PostReportAsync(visit.Key, reports.Url, report, ct);
            return;
        }

        if (reports.ExpiresAt <= clock.GetUtcNow())
        {
            reports = (await service.CheckInAsync(visit.Key, null, ct)).Reports;
        }

        await AgentClient.ReportAsync(visit.Key, reports.QueueUri, report, ct);
    }

    /// <summary>
    /// With its newest key. One that never worked yet may not be good: then with the one before. A key that worked is kept alone,
    /// and a new one from the answer is what the device signs with from then on.
    /// </summary>
    private async Task<(CheckInAnswer Answer, DeviceKey Key)> CheckInAsync(SimulatedDevice device, DeviceKey key, CancellationToken ct)
    {
        CheckInAnswer answer;
        DeviceKey good;
        try
        {
            answer = await service.CheckInAsync(key, device.NewInventory, ct);
            good = key with { OldKey = null };
        }
        catch (ProblemException e) when (e.Status == 401 && key.OldKey is not null)
        {
            good = key with { Key = key.OldKey, OldKey = null };
            answer = await service.CheckInAsync(good, device.NewInventory, ct);
        }

        return (answer, answer.NewKey is { } newKey ? good with { Key = newKey, OldKey = good.Key } : good);
    }

    private static (DeviceReport Report, Deed Deed) Outcome(Behaviour behaviour, Instructions instructions, DateTimeOffset now)
    {
        var applied = new DeviceReport
        {
            ReportedAt = now,
            LastConnected = now - JustNow,
            SenseIsRunning = true,
            OnboardingState = 1,
            FileSamples = instructions.FileSamples,
            Result = AssignmentResult.Success,
        };
        return (behaviour, instructions.Action) switch
        {
            (Behaviour.Fails, _) => (
                applied with
                {
                    LastConnected = null,
                    SenseIsRunning = false,
                    OnboardingState = 0,
                    FileSamples = null,
                    Result = AssignmentResult.Error,
                    ErrorCode = ScriptCouldNotStartService,
                },
                Deed.ReportedFailure),
            (_, AgentAction.Offboard) => (applied with { SenseIsRunning = false, OnboardingState = 0 }, Deed.ReportedHealthy),
            (Behaviour.ServiceStopped, _) => (applied with { SenseIsRunning = false }, Deed.ReportedServiceStopped),
            (Behaviour.LostContact, _) => (applied with { LastConnected = now - LongAgo }, Deed.ReportedLostContact),
            _ => (applied, Deed.ReportedHealthy),
        };
    }

    private static byte[] Verified(byte[] file, FileOffer offer) =>
        file.Length == offer.Length && Convert.ToHexStringLower(SHA256.HashData(file)) == offer.Sha256
            ? file
            : throw new CommandException($"{offer.Url} gave a file of {file.Length} bytes whose SHA-256 isn't the announced one.");

    /// <summary>The signed part of the file is a JSON text inside the JSON.</summary>
    private static string? ReadOrgId(byte[] file)
    {
        using var outer = JsonDocument.Parse(file);
        using var body = JsonDocument.Parse(outer.RootElement.GetProperty("body").GetString()!);
        return body.RootElement.GetProperty("orgId").GetString();
    }
}
