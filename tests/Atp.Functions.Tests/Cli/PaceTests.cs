using Atp.Cli;

namespace Atp.Functions.Tests.Cli;

/// <summary>How fast, and how long still: by the last half minute.</summary>
public sealed class PaceTests
{
    private readonly Pace pace = new();

    [Fact]
    public void It_is_hidden_until_it_is_meaningful()
    {
        Go(0, 2, 100);

        Assert.Null(pace.PerSecond);
        Assert.Null(pace.Left(10_000));

        Go(2, 4, 100);

        Assert.Equal(100, pace.PerSecond!.Value, 0.1);
        Assert.Equal(TimeSpan.FromSeconds(96), pace.Left(10_000));
    }

    [Fact]
    public void It_is_the_recent_one_and_the_start_is_forgotten()
    {
        Go(0, 60, 10);
        Go(60, 100, 1000);

        Assert.Equal(1000, pace.PerSecond!.Value, 1.0);
    }

    [Fact]
    public void The_wait_before_the_first_is_no_part_of_it()
    {
        Go(0, 25, 0);
        Go(25, 30, 100);

        Assert.Equal(100, pace.PerSecond!.Value, 30.0);
    }

    [Fact]
    public void What_stands_still_has_no_time_left()
    {
        Go(0, 10, 100);
        Go(10, 50, 0);

        Assert.Equal(0, pace.PerSecond);
        Assert.Null(pace.Left(10_000));
    }

    [Fact]
    public void What_begins_again_has_a_new_pace()
    {
        Go(0, 10, 100);
        done = 0;
        Go(10, 12, 5);

        Assert.Null(pace.PerSecond);
    }

    [Fact]
    public void What_is_measured_in_shards_tells_of_devices()
    {
        for (var second = 0; second <= 10; second++)
        {
            pace.Look(TimeSpan.FromSeconds(second), 1 + second, (1 + second) * 50L);
        }

        Assert.Equal(50, pace.PerSecond);
        Assert.Equal(TimeSpan.FromSeconds(53), pace.Left(64));
    }

    private long done;

    private void Go(int from, int to, int perSecond)
    {
        for (var second = from; second < to; second++)
        {
            pace.Look(TimeSpan.FromSeconds(second), done, done);
            done += perSecond;
        }

        pace.Look(TimeSpan.FromSeconds(to), done, done);
    }
}
