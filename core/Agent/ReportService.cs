using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Atp.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace Atp.Core.Agent;

/// <summary>Why a report was dropped.</summary>
public enum DropReason
{
    Malformed,
    Forged,
    UnknownDevice,
    Blocked,
    Future,
    Retired,
}

/// <summary>
/// Takes in reports: verifies, and drops what no retry can mend, counted by reason. Two transactions a report. Running twice
/// changes nothing, since only what is newer counts. Creates no row.
/// </summary>
public sealed partial class ReportService(
    FleetTable fleet, DeviceCredentials credentials, AtpMetrics metrics, TimeProvider clock, ILogger<ReportService> log)
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <param name="message">The queue message as it came: one signed report or an array of them.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>How many were dropped. Storage failures escape, so that the host delivers the message again.</returns>
    public async Task<int> IngestAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        IReadOnlyList<SignedReport> reports;
        try
        {
            reports = ReportMessage.Parse(message);
        }
        catch (DomainException)
        {
            Drop(DropReason.Malformed, "?");
            return 1;
        }

        var refused = 0;
        foreach (var report in reports)
        {
            if (await IngestAsync(report, ct) is { } reason)
            {
                Drop(reason, DeviceId.TryParse(report.DeviceId, out var id) ? id : "?");
                refused++;
            }
            else
            {
                metrics.ReportAccepted();
            }
        }

        return refused;
    }

    /// <returns>Null when it was taken in, or was no news.</returns>
    private async Task<DropReason?> IngestAsync(SignedReport signed, CancellationToken ct)
    {
        if (ReportMessage.FaultOf(signed) is not null || !DeviceId.TryParse(signed.DeviceId, out var deviceId)
            || ReportMessage.SignatureOf(signed) is not { } signature)
        {
            return DropReason.Malformed;
        }

        var body = System.Text.Encoding.UTF8.GetBytes(signed.Body);
        if (!await credentials.VerifyReportAsync(deviceId, signed.KeyVersion, body, signature, ct))
        {
            return DropReason.Forged;
        }

        if (DeviceReport.TryParse(body) is not { } report)
        {
            return DropReason.Malformed;
        }

        var latest = clock.GetUtcNow() + ClockSkew;
        if (report.ReportedAt > latest || report.LastConnected > latest)
        {
            return DropReason.Future;
        }

        return await Contention.RetryAsync(() => RecordAsync(deviceId, signed.KeyVersion, report, ct), ct);
    }

    private async Task<DropReason?> RecordAsync(string deviceId, int keyVersion, DeviceReport report, CancellationToken ct)
    {
        var found = await fleet.FindAsync(deviceId, ct);
        if (found.Device is not { Deleting: false } device || device.KeyVersion != keyVersion)
        {
            return DropReason.UnknownDevice;
        }

        if (device.Blocked)
        {
            return DropReason.Blocked;
        }

        if (device.Retired is not null)
        {
            return DropReason.Retired;
        }

        var health = report.ToHealth();
        var isNews = device.Health is null || health.ReportedAt > device.Health.ReportedAt;
        var result = ResultOf(found, report);
        if (isNews || result is not null)
        {
            await fleet.RecordReportAsync(found, isNews ? health : null, result, ct);
        }

        return null;
    }

    /// <summary>The assignment with its new result; null when there is no such assignment, or the result is no news to it.</summary>
    private static Assignment? ResultOf(FleetDevice found, DeviceReport report)
    {
        if (report.DeploymentId is null
            || !found.Assignments.TryGetValue(report.DeploymentId, out var assignment)
            // A revision that the device never took can't have been applied.
            || assignment.FetchedRevision is null || report.Revision > assignment.FetchedRevision
            || assignment.ResultAt >= report.ReportedAt)
        {
            return null;
        }

        return assignment with
        {
            ReportedRevision = report.Revision,
            Result = report.Result,
            ErrorCode = report.ErrorCode,
            ResultAt = report.ReportedAt.ToUniversalTime(),
        };
    }

    private void Drop(DropReason reason, string deviceId)
    {
        metrics.ReportDropped(reason.ToString());
        Dropped(deviceId, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Report of device {DeviceId} dropped: {Reason}")]
    private partial void Dropped(string deviceId, DropReason reason);
}
