namespace Atp.Core.Site;

/// <summary>Which versions of the enrollment secret are in use, and since when; never the keys.</summary>
/// <param name="Primary">New device keys are derived from it, once it is handed out.</param>
/// <param name="Secondary">Still valid; null when nothing but the primary is.</param>
/// <param name="Generation">Of the primary: 1 for the first, one more with each rotation. The secondary is the one before.</param>
/// <param name="CreatedAt">When the site's first key was made, UTC.</param>
/// <param name="RotatedAt">When the primary was made, where it is not the first. UTC.</param>
public sealed record EnrollmentKeyVersions(
    string Primary, string? Secondary, int Generation, DateTimeOffset CreatedAt, DateTimeOffset? RotatedAt = null)
{
    /// <summary>How long an instance may go by what it read.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    /// <summary>Marks the request that made the primary, so that a repeat makes no other.</summary>
    public string? RotationRequest { get; init; }

    /// <summary>When the primary was made.</summary>
    public DateTimeOffset MadeAt => RotatedAt ?? CreatedAt;

    /// <summary>
    /// A new primary is accepted by each instance that has read it, and handed out only when all have: after twice the time that
    /// they may remember, so that their clocks may differ by half of it. Where no other key is valid, there is nothing to wait for.
    /// </summary>
    public DateTimeOffset HandedOutFrom => Secondary is null ? MadeAt : MadeAt + (2 * Remembered);

    /// <returns>The generation of the key that devices are given at this moment.</returns>
    public int HandedOutAt(DateTimeOffset now) => Secondary is null || now >= HandedOutFrom ? Generation : Generation - 1;
}
