using System.Text.RegularExpressions;
using Atp.Core.Errors;
using Atp.Core.Requests;

namespace Atp.Core.Audit;

/// <summary>What a caller asks the audit for, as it was written; null for what isn't asked. All conditions given must hold.</summary>
/// <param name="From">Included; 30 days before the end unless told.</param>
/// <param name="To">Excluded; now unless told.</param>
/// <param name="Subject">The id of the thing.</param>
/// <param name="Caller">The caller's id.</param>
/// <param name="Action">An action, or all that start with it where it ends in a dot: <c>policy.</c>.</param>
/// <param name="Outcome">An <see cref="AuditOutcome"/>.</param>
/// <param name="CorrelationId">A trace id, alone or within the <c>traceparent</c> that a problem shows.</param>
public sealed record AuditQuery(
    DateTimeOffset? From, DateTimeOffset? To, string? Subject, string? Caller, string? Action, string? Outcome, string? CorrelationId)
{
    private const int MaxText = 256;
    private static readonly TimeSpan Usual = TimeSpan.FromDays(30);

    /// <exception cref="DomainException">Invalid, by field.</exception>
    public AuditFilter ToFilter(DateTimeOffset now, DateTimeOffset keptSince)
    {
        var errors = new FieldErrors();
        foreach (var (field, text) in new[] { ("subject", Subject), ("caller", Caller), ("action", Action), ("correlationId", CorrelationId) })
        {
            if (text is not null && (text.Length > MaxText || text.Any(char.IsControl)))
            {
                errors.Add(field, $"audit.{field.ToLowerInvariant()}-invalid", $"It has 1 to {MaxText} characters, none of them a control character.");
            }
        }

        AuditOutcome? outcome = null;
        if (Outcome is not null)
        {
            if (EnumByName.TryParse<AuditOutcome>(Outcome, out var named))
            {
                outcome = named;
            }
            else
            {
                errors.Add("outcome", "audit.outcome-invalid", $"It is one of {string.Join(", ", Enum.GetNames<AuditOutcome>())}.");
            }
        }

        var period = AuditPeriod.Of(From, To, now, keptSince, Usual, errors);
        errors.ThrowIfAny();
        return new AuditFilter(period, Subject?.ToLowerInvariant(), Caller, Action, outcome, AuditFilter.TraceIdOf(CorrelationId));
    }
}

/// <summary>A time of the audit, within what is kept.</summary>
/// <param name="From">Included.</param>
/// <param name="To">Excluded; null: no end.</param>
/// <param name="LastDay">The day with which to begin, going back.</param>
public sealed record AuditPeriod(DateTimeOffset From, DateTimeOffset? To, DateTimeOffset LastDay)
{
    public static AuditPeriod Of(
        DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now, DateTimeOffset keptSince, TimeSpan usual, FieldErrors errors)
    {
        if (from > to)
        {
            errors.Add("from", "audit.period-invalid", "The time starts after its end.");
        }

        var last = to is null || to > now ? now : to < keptSince ? keptSince : to.Value;
        var first = from ?? last - usual;
        return new AuditPeriod(first < keptSince ? keptSince : first, to, last);
    }
}

/// <summary>Which entries a list names.</summary>
public sealed partial record AuditFilter(
    AuditPeriod Period, string? Subject, string? Caller, string? Action, AuditOutcome? Outcome, string? CorrelationId)
{
    internal static string? TraceIdOf(string? text) =>
        text is not null && Traceparent().Match(text) is { Success: true } match ? match.Groups[1].Value : text;

    [GeneratedRegex("^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\\z")]
    private static partial Regex Traceparent();
}
