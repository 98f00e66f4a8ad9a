using Atp.Core.Devices;
using Atp.Core.Site;

namespace Atp.Core.Tests.Devices;

public sealed class ShardMapTests
{
    // The first four bytes of the SHA-256 of the id, big-endian, modulo the count; computed with sha256sum.
    [Theory]
    [InlineData(64, "pc-000001", "11")]
    [InlineData(64, "a", "12")]
    [InlineData(100, "a", "0a")]
    [InlineData(256, "pc-1", "24")]
    [InlineData(100, "pc-1", "20")]
    [InlineData(1, "a", "00")]
    public void A_device_never_changes_its_shard(int shards, string deviceId, string expected) => Assert.Equal(expected, Map(shards).ShardOf(deviceId));

    [Fact]
    public void Shards_are_named_by_two_hex_digits_in_order()
    {
        var all = Map(256).All;

        Assert.Equal(("00", "0a", "ff", 256), (all[0], all[10], all[255], all.Count));
        Assert.Equal(all, all.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Devices_spread_evenly()
    {
        var map = Map(64);

        var counts = Enumerable.Range(0, 64_000).GroupBy(i => map.ShardOf($"pc-{i:D6}")).Select(g => g.Count()).ToList();

        Assert.Equal(64, counts.Count);
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }

    private static ShardMap Map(int shards) => new(new SiteSettings(shards, 2207, TimeSpan.FromDays(7)));
}
