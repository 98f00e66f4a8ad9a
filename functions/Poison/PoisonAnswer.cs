using Atp.Core.Agent;
using Atp.Core.Devices;
using Atp.Core.Poison;
using Atp.Core.Policies;
using Atp.Core.Storage;

namespace Atp.Functions.Poison;

/// <summary>A work queue.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="Waiting">About how many messages wait there, those under way included.</param>
/// <param name="Poisoned">About how many were given up.</param>
public sealed record PoisonQueueAnswer(string Queue, int Waiting, int Poisoned)
{
    public static PoisonQueueAnswer Of(QueueLength length) => new(length.Name, length.Length, length.Poison);
}

/// <summary>The first messages of a queue's poison queue.</summary>
/// <param name="Poisoned">About how many there are in all.</param>
public sealed record PoisonMessagesAnswer(string Queue, int Poisoned, IReadOnlyList<PoisonMessageAnswer> Value);

/// <summary>A message that was given up, as far as it may be shown.</summary>
/// <param name="Fault">Why it can't be read; absent when it can.</param>
public sealed record PoisonMessageAnswer(
    string Id, DateTimeOffset PoisonedAt, DateTimeOffset ExpiresAt, long DequeueCount, int Length, string Sha256, string? Fault,
    IReadOnlyList<PoisonField> Fields, int ReportCount, IReadOnlyList<PoisonReportAnswer> Reports)
{
    public static PoisonMessageAnswer Of(PoisonMessage message) => new(
        message.Id, message.PoisonedAt, message.ExpiresAt, message.DequeueCount, message.Length, message.Sha256, message.Content.Fault,
        message.Content.Fields, message.Content.ReportCount, [.. message.Content.Reports.Select(PoisonReportAnswer.Of)]);
}

/// <summary>A device's report in such a message, not verified; never its signature.</summary>
public sealed record PoisonReportAnswer(
    string? DeviceId, int KeyVersion, string? Fault, DateTimeOffset? ReportedAt, DateTimeOffset? LastConnected, bool? SenseIsRunning,
    int? OnboardingState, string? OrgId, FileSamples? FileSamples, string? DeploymentId, int? Revision, AssignmentResult? Result, string? ErrorCode)
{
    public static PoisonReportAnswer Of(PoisonReport report) => report.Report is not { } body
        ? new(report.DeviceId, report.KeyVersion, report.Fault, null, null, null, null, null, null, null, null, null, null)
        : new(report.DeviceId, report.KeyVersion, report.Fault, body.ReportedAt, body.LastConnected, body.SenseIsRunning,
            body.OnboardingState, body.OrgId, body.FileSamples, body.DeploymentId, body.Revision, body.Result, body.ErrorCode);
}

/// <summary>What came of it.</summary>
/// <param name="Done">Messages that were put back, or deleted.</param>
/// <param name="Left">About how many are still there.</param>
public sealed record PoisonChangeAnswer(string Queue, int Done, int Left)
{
    public static PoisonChangeAnswer Of(string queue, PoisonChange change) => new(queue, change.Done, change.Left);
}
