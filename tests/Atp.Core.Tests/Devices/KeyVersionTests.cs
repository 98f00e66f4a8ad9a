namespace Atp.Core.Tests.Devices;

public sealed class KeyVersionTests
{
    [Theory]
    [InlineData(0, "2020-01-01T00:00:10Z", 10)]
    [InlineData(0, "2026-03-04T05:06:07.9Z", 194_763_967)]
    [InlineData(10, "2020-01-01T00:00:10Z", 11)] // twice in a second
    [InlineData(500, "2020-01-01T00:00:10Z", 501)] // by an instance whose clock is behind
    [InlineData(2, "2020-01-01T00:00:10Z", 10)] // as first versions were counted once
    public void The_version_of_a_key_is_the_second_of_its_enrollment_and_higher_than_the_one_before(int before, string now, int expected) =>
        Assert.Equal(expected, (Facts.Device() with { KeyVersion = before }).NextKeyVersion(
            DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)));
}
