namespace Atp.Core.Health;

/// <summary>How much of a history is enough to draw it.</summary>
public static class TrendRule
{
    /// <summary>As many as a chart has room for.</summary>
    public const int MaxPoints = 200;

    /// <summary>Between two points: an hour where that makes few enough, else a day, else as many days as it takes.</summary>
    public static TimeSpan StepOf(int days) =>
        days * 24 <= MaxPoints ? TimeSpan.FromHours(1) : TimeSpan.FromDays(((days - 1) / MaxPoints) + 1);

    /// <summary>The last figures of each step. Steps begin at the same moments whenever it is asked, so that a line doesn't tremble.</summary>
    /// <param name="history">Oldest first.</param>
    /// <param name="days">How many it spans.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyList<ScopeFigures>> ThinAsync(IAsyncEnumerable<ScopeFigures> history, int days, CancellationToken ct)
    {
        var step = StepOf(days).Ticks;
        var points = new List<ScopeFigures>();
        await foreach (var figures in history.WithCancellation(ct))
        {
            if (points.Count > 0 && points[^1].AsOf.UtcTicks / step == figures.AsOf.UtcTicks / step)
            {
                points[^1] = figures;
            }
            else
            {
                points.Add(figures);
            }
        }

        return points;
    }
}
