using System.Globalization;
using Atp.Core.Audit;
using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Core.Requests;
using Atp.Core.Site;
using Atp.Core.Storage;

namespace Atp.Core.Agent;

/// <summary>Asks for a change of the enrollment keys.</summary>
/// <param name="Force">Also where devices still use the old key: they are locked out until they are enrolled again.</param>
public sealed record ChangeEnrollmentKeys(bool Force = false);

/// <summary>
/// Replaces the site's enrollment key while devices go on: the new one is primary, the one before stays valid as the secondary, and
/// devices fetch the new one at their check-ins; when none uses the old one any more, it is retired. The site's row is the commit
/// point of both: what a crash leaves before it is a version in Key Vault that nothing names.
/// </summary>
public sealed class EnrollmentKeyRotation(
    SiteTable site, EnrollmentKeys keys, SiteSnapshots snapshots, HealthQueries health, AuditTrail audit, TimeProvider clock)
{
    /// <summary>The subject of the audit's rows.</summary>
    private const string AuditSubject = EnrollmentKeys.Secret;

    private static readonly DomainError TooSoon = DomainError.Conflict("enrollment-keys.too-soon",
        string.Create(CultureInfo.InvariantCulture,
            $"The key of the last rotation is not handed out yet: not every instance may know it. That takes {2 * EnrollmentKeyVersions.Remembered.TotalMinutes} minutes."));

    /// <summary>
    /// A new primary; the primary before it becomes the secondary, and the secondary before it is worthless. A repeat of the request
    /// makes no other.
    /// </summary>
    /// <exception cref="DomainException">Conflict: the last rotation is too fresh, or devices still use the secondary.</exception>
    public async Task<EnrollmentKeyVersions> RotateAsync(ChangeEnrollmentKeys command, ChangeRequest request, CancellationToken ct)
    {
        await keys.GetAsync(ct); // makes the first where there is none
        var mark = request.NewMark(clock);
        return await ChangeAsync(request, "enrollment-keys.rotate", async before =>
        {
            if (request.HasMarked(before.RotationRequest, mark))
            {
                return before;
            }

            await RefuseWhileNeededAsync(before, command.Force, ct);
            return before with
            {
                Primary = await keys.MakeAsync(ct),
                Secondary = before.Primary,
                Generation = before.Generation + 1,
                RotatedAt = clock.GetUtcNow(),
                RotationRequest = mark,
            };
        }, ct);
    }

    /// <summary>
    /// The secondary is worthless: within <see cref="EnrollmentKeyVersions.Remembered"/> no instance accepts it any more. Where
    /// there is none, nothing changes, so a repeat is harmless.
    /// </summary>
    /// <exception cref="DomainException">Not found before the first enrollment; conflict: devices still use it.</exception>
    public Task<EnrollmentKeyVersions> RetireOldAsync(ChangeEnrollmentKeys command, ChangeRequest request, CancellationToken ct) =>
        ChangeAsync(request, "enrollment-keys.retire-old", async before =>
        {
            await RefuseWhileNeededAsync(before, command.Force, ct);
            return before with { Secondary = null };
        }, ct);

    /// <summary>Why the secondary can't be given up; null when it can, or there is none.</summary>
    /// <param name="keys">As they are.</param>
    /// <param name="figuresAsOf">When devices were last counted; null when they never were.</param>
    /// <param name="onOldKey">How many of them were on the old key then.</param>
    /// <param name="force">Whatever devices use it.</param>
    /// <param name="now">UTC.</param>
    internal static DomainError? RefusalToGiveUpOld(
        EnrollmentKeyVersions keys, DateTimeOffset? figuresAsOf, int onOldKey, bool force, DateTimeOffset now)
    {
        if (keys.Secondary is null)
        {
            return null;
        }

        if (keys.HandedOutAt(now) != keys.Generation)
        {
            return TooSoon;
        }

        if (force)
        {
            return null;
        }

        // Until then a device may have been given a key under the old one.
        if (figuresAsOf is null || figuresAsOf < keys.HandedOutFrom)
        {
            return DomainError.Conflict("enrollment-keys.not-counted", string.Create(CultureInfo.InvariantCulture,
                $"Devices have not been counted since {keys.HandedOutFrom.UtcDateTime:u}, when the new key was first handed out. Run a roll-up first."));
        }

        if (onOldKey == 0)
        {
            return null;
        }

        var inUse = string.Create(CultureInfo.InvariantCulture,
            $"{onOldKey:N0} devices were still on the old key at {figuresAsOf.Value.UtcDateTime:u}. They move at their next check-in; with force they are locked out until they are enrolled again.");
        return DomainError.Conflict("enrollment-keys.in-use", inUse) with { Extensions = new Dictionary<string, object> { ["devices"] = onOldKey } };
    }

    private async Task<EnrollmentKeyVersions> ChangeAsync(
        ChangeRequest request, string action, Func<EnrollmentKeyVersions, Task<EnrollmentKeyVersions>> change, CancellationToken ct)
    {
        var after = await audit.ChangeAsync(request.Caller, action, AuditSubject, async () =>
        {
            var changed = await Contention.RetryAsync(async () =>
            {
                var before = await site.FindEnrollmentKeysAsync(ct)
                    ?? throw DomainError.NotFound("enrollment-keys.none", "There is no enrollment key yet: the first enrollment makes it.").ToException();
                var wanted = await change(before.Value);
                if (wanted != before.Value)
                {
                    await site.UpdateEnrollmentKeysAsync(wanted, before.Version, ct);
                }

                return wanted;
            }, ct);
            return (changed, string.Create(CultureInfo.InvariantCulture, $"generation {changed.Generation}"));
        }, ct);
        keys.Forget();
        snapshots.Invalidate();
        return after;
    }

    private async Task RefuseWhileNeededAsync(EnrollmentKeyVersions before, bool force, CancellationToken ct)
    {
        var counted = (await health.SummaryAsync([FigureScopes.Organisation], null, ct)).Site;
        if (RefusalToGiveUpOld(before, counted?.AsOf, counted?.Figures.OnOldEnrollmentKey ?? 0, force, clock.GetUtcNow()) is { } refusal)
        {
            throw refusal.ToException();
        }
    }
}
