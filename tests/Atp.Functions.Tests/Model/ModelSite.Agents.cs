using System.Text.Json;
using Atp.Core.Agent;

namespace Atp.Functions.Tests.Model;

/// <summary>What devices do.</summary>
internal sealed partial class ModelSite
{
    private async Task CheckInAsync(AtpHost host, CheckIn checkIn)
    {
        var devices = Model.Devices().Where(device => !Model.IsBlocked(device)).ToList();
        if (devices.Count == 0)
        {
            return;
        }

        var id = Pick(devices, checkIn.Device);
        await EnrollAsync(host, id, newKey: false);

        var agent = agents[id] = new TestDevice(host, id, keys[id].Key, keys[id].Version);
        var computer = checkIn.Inventory is null ? null : ToComputer(checkIn.Inventory);
        var instructions = (await agent.CheckInAsync(computer is null ? null : Body(computer)))["instructions"];
        if (computer is not null)
        {
            facts.Add(new InventoryKnown(id, computer));
        }

        if (instructions is not null && (string?)instructions["action"] != "None")
        {
            facts.Add(new PolicyFetched(id, (string)instructions["deploymentId"]!, (int)instructions["revision"]!));
        }
    }

    /// <summary>By devices that have checked in once, since from there they have the address; some may have been deleted since.</summary>
    private async Task SendReportsAsync(SendReports send)
    {
        if (agents.Count == 0)
        {
            return;
        }

        var reports = send.Reports.Select(ToReport).ToList();

        var signed = reports.Select(report => new TestDevice(hosts[0], report.DeviceId, keys[report.DeviceId].Key, report.KeyVersion).Sign(new
        {
            reportedAt = report.ReportedAt,
            lastConnected = report.LastConnected,
            senseIsRunning = report.SenseIsRunning,
            onboardingState = report.OnboardingState,
            orgId = report.OrgId,
            fileSamples = report.FileSamples,
            deploymentId = report.DeploymentId,
            revision = report.Revision,
            result = report.Result,
        })).ToArray();
        await agents[reports[0].DeviceId].SendAsync(signed);
        sentMessages[JsonSerializer.Serialize(signed, DeviceReport.Json)] = reports;
    }

    private Report ToReport(Said said)
    {
        var id = Pick([.. agents.Keys.Order(StringComparer.Ordinal)], said.Device);
        // A device's clock moves on between two reports, whatever the test's does.
        var reportedAt = Clock.GetUtcNow() + Pick(ClockErrors, said.Clock) + TimeSpan.FromMilliseconds(sent.Count(s => s.DeviceId == id) + 1);
        var fetched = facts.OfType<PolicyFetched>().Where(f => f.DeviceId == id).Reverse().ToList();
        var about = said.About < 4 ? fetched.ElementAtOrDefault(said.About)
            : said.About == 4 && fetched.Count > 0 ? fetched[0] with { Revision = fetched.Max(f => f.Revision) + 3 }
            : null;
        var report = new Report(id, keys[id].Version, reportedAt,
            Pick(new DateTimeOffset?[] { reportedAt, reportedAt.AddHours(-2), reportedAt.AddDays(-6), reportedAt.AddDays(-9), null }, said.Agent),
            said.Agent % 4 != 0, said.Agent % 3 == 0 ? 0 : 1, Pick([TestSite.OrgId.ToString(), Guid.Empty.ToString(), null], said.Agent / 2),
            Pick([null, "None", "AllFileTypes"], said.Agent / 3), about?.DeploymentId, about?.Revision,
            about is null ? null : said.Succeeded ? "Success" : "Error");
        sent.Add(report);
        return report;
    }
}
