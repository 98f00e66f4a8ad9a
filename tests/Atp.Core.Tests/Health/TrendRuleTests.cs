using Atp.Core.Health;

namespace Atp.Core.Tests.Health;

/// <summary>A history is thinned to what a chart has room for.</summary>
public sealed class TrendRuleTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 24)]
    [InlineData(90, 24)]
    [InlineData(200, 24)]
    [InlineData(201, 48)]
    [InlineData(400, 48)]
    public void Points_are_an_hour_a_day_or_some_days_apart(int days, int hours) =>
        Assert.Equal(TimeSpan.FromHours(hours), TrendRule.StepOf(days));

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(30)]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(400)]
    public async Task However_long_the_history_the_points_are_few_and_the_newest_is_among_them(int days)
    {
        var hours = Enumerable.Range(0, days * 24).Select(i => Facts.Now.AddHours(i - (days * 24) + 1)).ToList();

        var points = await ThinAsync(days, hours);

        Assert.InRange(points.Count, Math.Min(hours.Count, TrendRule.MaxPoints / 8), TrendRule.MaxPoints + 1);
        Assert.Equal(Facts.Now, points[^1]);
        Assert.Equal(points.Order(), points);
    }

    [Fact]
    public async Task Of_a_day_the_last_figures_stay_and_a_day_without_any_is_no_point()
    {
        var day = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);

        Assert.Equal([day.AddHours(23), day.AddDays(1), day.AddDays(3).AddHours(5)], await ThinAsync(
            30, [day, day.AddHours(7), day.AddHours(23), day.AddDays(1), day.AddDays(3), day.AddDays(3).AddHours(5)]));
        Assert.Empty(await ThinAsync(30, []));
    }

    private static async Task<List<DateTimeOffset>> ThinAsync(int days, IEnumerable<DateTimeOffset> moments) =>
        [.. (await TrendRule.ThinAsync(
            moments.Select(asOf => new ScopeFigures("site", "site", asOf, HealthFigures.None)).ToAsyncEnumerable(), days, TestContext.Current.CancellationToken))
            .Select(point => point.AsOf)];
}
