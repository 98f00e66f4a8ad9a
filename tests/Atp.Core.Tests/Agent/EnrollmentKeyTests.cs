using Atp.Core.Agent;
using Atp.Core.Site;

namespace Atp.Core.Tests.Agent;

/// <summary>When a new enrollment key is handed out, and when the old one may go: pure rules.</summary>
public sealed class EnrollmentKeyTests
{
    private static readonly EnrollmentKeyVersions Rotated = new("v2", "v1", 2, Facts.Now.AddDays(-400), Facts.Now);

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 1)]
    [InlineData(5, 1)] // some instance may just have read the keys before
    [InlineData(9.99, 1)]
    [InlineData(10, 2)] // every instance has read them by now, even if clocks differ by minutes
    [InlineData(600, 2)]
    public void A_new_primary_is_handed_out_when_every_instance_knows_it(double minutes, int generation) =>
        Assert.Equal(generation, Rotated.HandedOutAt(Facts.Now.AddMinutes(minutes)));

    [Fact]
    public void A_key_without_another_is_handed_out_at_once()
    {
        Assert.Equal(1, new EnrollmentKeyVersions("v1", null, 1, Facts.Now).HandedOutAt(Facts.Now.AddMinutes(-1)));
        Assert.Equal(2, (Rotated with { Secondary = null }).HandedOutAt(Facts.Now));
    }

    public static TheoryData<string, double, int?, double?, bool, string?> OldKeys { get; } = new()
    {
        // what, minutes since the rotation, devices on the old key, minutes from the rotation to the count, force, refusal
        { "just rotated", 9, 0, 8, false, "enrollment-keys.too-soon" },
        { "just rotated, forced", 9, 0, 8, true, "enrollment-keys.too-soon" },
        { "never counted", 60, null, null, false, "enrollment-keys.not-counted" },
        { "counted before the rotation", 60, 0, -1, false, "enrollment-keys.not-counted" },
        { "counted while the old one was still handed out", 60, 0, 9, false, "enrollment-keys.not-counted" },
        { "not counted, forced", 60, 0, 9, true, null },
        { "devices use it", 60, 3, 50, false, "enrollment-keys.in-use" },
        { "devices use it, forced", 60, 3, 50, true, null },
        { "nobody uses it", 60, 0, 10, false, null },
    };

    [Theory]
    [MemberData(nameof(OldKeys))]
    public void The_old_key_is_given_up_when_it_is_known_that_no_device_uses_it(
        string what, double minutes, int? devices, double? countedAfter, bool force, string? expected)
    {
        DateTimeOffset? asOf = countedAfter is { } after ? Facts.Now.AddMinutes(after) : null;

        var refusal = EnrollmentKeyRotation.RefusalToGiveUpOld(Rotated, asOf, devices ?? 0, force, Facts.Now.AddMinutes(minutes));

        Assert.True(expected == refusal?.Code, $"{what}: {refusal?.Code}");
        Assert.Equal(expected == "enrollment-keys.in-use" ? devices : null, refusal?.Extensions.GetValueOrDefault("devices"));
    }

    [Fact]
    public void Where_there_is_no_old_key_there_is_nothing_to_wait_for() =>
        Assert.Null(EnrollmentKeyRotation.RefusalToGiveUpOld(Rotated with { Secondary = null }, null, 7, false, Facts.Now));
}
