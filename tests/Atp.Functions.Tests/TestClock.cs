namespace Atp.Functions.Tests;

/// <summary>A clock that a test sets; it stands still between. The host's own delays don't use it.</summary>
public sealed class TestClock : TimeProvider
{
    private readonly Lock setting = new();
    // Near the real time, since Azurite judges signatures by its own clock.
    private DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());

    public override DateTimeOffset GetUtcNow()
    {
        lock (setting)
        {
            return now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by)
    {
        lock (setting)
        {
            now += by;
        }
    }
}
