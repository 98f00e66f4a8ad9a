namespace Atp.Functions.Tests;

/// <summary>Waits on a condition, with a deadline: never sleeps for luck.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task<T> GetAsync<T>(Func<Task<T>> read, Func<T, bool> isRight, TimeSpan? deadline = null)
    {
        var until = DateTimeOffset.UtcNow + (deadline ?? TimeSpan.FromSeconds(60));
        while (true)
        {
            var value = await read();
            if (isRight(value))
            {
                return value;
            }

            if (DateTimeOffset.UtcNow > until)
            {
                Assert.Fail($"It never came to be. The last value was: {value}");
            }

            await Task.Delay(Pause);
        }
    }

    public static Task TrueAsync(Func<Task<bool>> condition, TimeSpan? deadline = null) => GetAsync(condition, value => value, deadline);
}
