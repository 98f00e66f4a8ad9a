using System.Diagnostics;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Microsoft.Extensions.Logging;

namespace Atp.Core.Audit;

/// <summary>What everybody writes to the audit by.</summary>
public sealed partial class AuditTrail(AuditTable table, TimeProvider clock, ILogger<AuditTrail> log)
{
    /// <summary>
    /// A change: that it is intended is on record before anything is written, and how it ended is after. What is refused before,
    /// since the request itself is wrong, changes nothing and is not on record.
    /// </summary>
    /// <param name="caller">Who.</param>
    /// <param name="action">What, e.g. <c>policy.create</c>.</param>
    /// <param name="subject">The id of the thing.</param>
    /// <param name="change">Does it, and says what came of it, e.g. <c>revision 3</c>; never a secret.</param>
    /// <param name="ct">Cancels, until the change is done.</param>
    public async Task<T> ChangeAsync<T>(
        Caller caller, string action, string subject, Func<Task<(T Value, string Detail)>> change, CancellationToken ct)
    {
        var intent = Entry(caller, action, subject, AuditOutcome.Intended, "");
        await table.AppendAsync(intent, ct);
        (T Value, string Detail) done;
        try
        {
            done = await change();
        }
        catch (Exception e)
        {
            await RecordFailureAsync(ResultOf(intent, AuditOutcome.Failed, e switch
            {
                DomainException expected => expected.Error.Code,
                OperationCanceledException => "cancelled",
                _ => "broke off",
            }));
            throw;
        }

        // The change is made: that the caller has hung up is no reason to leave it without a result.
        await table.AppendAsync(ResultOf(intent, AuditOutcome.Done, done.Detail), CancellationToken.None);
        return done.Value;
    }

    /// <inheritdoc cref="ChangeAsync{T}"/>
    public Task ChangeAsync(Caller caller, string action, string subject, Func<Task<string>> change, CancellationToken ct) =>
        ChangeAsync(caller, action, subject, async () => (true, await change()), ct);

    /// <summary>Something that happened, once for each <paramref name="onceKey"/> on the day of <paramref name="at"/>.</summary>
    /// <returns>False when it is on record already; also, rarely, when it was put there just now and the answer was lost on the way.</returns>
    public Task<bool> RecordOnceAsync(
        Caller caller, string action, string subject, string detail, string onceKey, DateTimeOffset at, CancellationToken ct) =>
        table.AppendAsync(Entry(caller, action, subject, AuditOutcome.Done, detail) with { At = at, OnceKey = onceKey }, ct);

    /// <summary>Deletes the days before this moment.</summary>
    public Task PruneAsync(DateTimeOffset before, CancellationToken ct) => table.PruneAsync(before, ct);

    /// <summary>What the caller is told is why the change failed; that its record failed too must not hide that.</summary>
    private async Task RecordFailureAsync(AuditEntry entry)
    {
        try
        {
            await table.AppendAsync(entry, CancellationToken.None);
        }
        catch (Exception e)
        {
            NotRecorded(e, entry.Action, entry.Subject, entry.Detail);
        }
    }

    private AuditEntry ResultOf(AuditEntry intent, AuditOutcome outcome, string detail)
    {
        var now = clock.GetUtcNow();
        return intent with { Id = NewId(now), At = now, Outcome = outcome, Detail = detail, IntentId = intent.Id };
    }

    private AuditEntry Entry(Caller caller, string action, string subject, AuditOutcome outcome, string detail) => new()
    {
        Id = NewId(clock.GetUtcNow()),
        At = clock.GetUtcNow(),
        CallerId = caller.Id,
        CallerName = caller.DisplayName,
        Address = caller.Address,
        Action = action,
        Subject = subject,
        Outcome = outcome,
        Detail = detail,
        CorrelationId = Activity.Current?.TraceId.ToString(),
    };

    private static string NewId(DateTimeOffset now) => Guid.CreateVersion7(now).ToString();

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit has no result of {Action} on {Subject}, which failed ({Detail}): it could not be written")]
    private partial void NotRecorded(Exception e, string action, string subject, string detail);
}
