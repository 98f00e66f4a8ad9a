using System.Collections.Concurrent;
using Atp.Core.Audit;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace Atp.Core.Policies;

/// <summary>
/// Says that a policy's file is damaged or its key lost: in the log, as a metric, once a day in the audit, and in the table
/// <c>site</c>, from where administrators see it until it is good again.
/// </summary>
public sealed partial class PolicyAlarms(SiteTable site, AuditTrail audit, AtpMetrics metrics, TimeProvider clock, ILogger<PolicyAlarms> log)
{
    /// <summary>A whole fleet may ask for the same file: what was said is not said again at once.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string PolicyId, PolicyPart Part), PolicyAlarm> raised = new();

    public Task<IReadOnlyList<PolicyAlarm>> ListAsync(CancellationToken ct) => site.PolicyAlarmsAsync(ct);

    /// <param name="policyId">The policy.</param>
    /// <param name="part">What of it.</param>
    /// <param name="expected">What it names.</param>
    /// <param name="actual">What there is; null when there is nothing.</param>
    /// <param name="ct">Cancels.</param>
    public async Task RaiseAsync(string policyId, PolicyPart part, string expected, string? actual, CancellationToken ct)
    {
        metrics.PolicyDamaged(part.ToString());
        var alarm = new PolicyAlarm(policyId, part, expected, actual, clock.GetUtcNow());
        if (raised.TryGetValue((policyId, part), out var last) && last with { SeenAt = alarm.SeenAt } == alarm && alarm.SeenAt - last.SeenAt < Silence)
        {
            return;
        }

        var found = actual ?? "nothing";
        Damaged(part, policyId, expected, found);
        await site.PutPolicyAlarmAsync(alarm, ct);
        await audit.RecordOnceAsync(Caller.Service, part == PolicyPart.ConfigurationFile ? "configuration.damaged" : "workspace.key-lost", policyId,
            $"expected {expected}, found {found}", $"{policyId}!{part}!{expected}!{found}", alarm.SeenAt, ct);
        raised[(policyId, part)] = alarm;
    }

    /// <summary>It is good again, or nobody uses it.</summary>
    public async Task ClearAsync(string policyId, PolicyPart part, CancellationToken ct)
    {
        raised.TryRemove((policyId, part), out _);
        await site.RemovePolicyAlarmAsync(policyId, part, ct);
    }

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "The {Part} of policy {PolicyId} is not what the policy names, and is not delivered: expected {Expected}, found {Actual}")]
    private partial void Damaged(PolicyPart part, string policyId, string expected, string actual);
}
