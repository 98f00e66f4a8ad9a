using Atp.Core.Secrets;

namespace Atp.Core.Tests.Secrets;

/// <summary>What was decrypted stays in memory for an hour at most, so much of it at most, and not after it was deleted.</summary>
public sealed class DecryptedCacheTests : IDisposable
{
    private readonly SetClock clock = new();
    private readonly DecryptedCache<string> cache;
    private int reads;

    public DecryptedCacheTests() => cache = new DecryptedCache<string>(10, clock);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => cache.Dispose();

    [Fact]
    public async Task It_is_read_again_when_the_hour_is_over_however_often_it_was_used()
    {
        for (var minute = 0; minute < 60; minute += 5)
        {
            Assert.Equal("value", await GetAsync("a/1"));
            clock.Now += TimeSpan.FromMinutes(5);
        }

        Assert.Equal(1, reads);
        await GetAsync("a/1");
        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task Those_who_miss_it_at_the_same_time_share_one_read()
    {
        var stored = new TaskCompletionSource<string>();
        var waiting = Enumerable.Range(0, 50).Select(_ => cache.GetAsync("a/1", async () =>
        {
            reads++;
            return (await stored.Task, 1);
        }, Stop)).ToList();

        stored.SetResult("value");

        Assert.All(await Task.WhenAll(waiting), value => Assert.Equal("value", value));
        Assert.Equal(1, reads);
    }

    [Fact]
    public async Task One_who_hangs_up_does_not_stop_the_others_and_a_failed_read_is_not_kept()
    {
        using var hangUp = new CancellationTokenSource();
        var stored = new TaskCompletionSource<string>();
        Task<string> Get(CancellationToken ct) => cache.GetAsync("a/1", async () => (await stored.Task, 1), ct);
        var first = Get(hangUp.Token);
        var second = Get(Stop);

        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        stored.SetException(new InvalidDataException());
        await Assert.ThrowsAsync<InvalidDataException>(() => second);

        Assert.Equal("value", await GetAsync("a/1"));
    }

    [Fact]
    public async Task No_more_is_kept_than_the_bound()
    {
        for (var i = 0; i < 100; i++)
        {
            await GetAsync($"a/{i}", size: 3);
        }

        reads = 0;
        for (var i = 0; i < 100; i++)
        {
            await GetAsync($"a/{i}", size: null);
        }

        Assert.InRange(reads, 97, 100); // three of size 3 at most
    }

    [Fact]
    public async Task What_is_deleted_is_gone_at_once_and_what_is_being_read_is_not_kept()
    {
        await GetAsync("a/1");
        await GetAsync("a/2");
        await GetAsync("ab/1");
        var stored = new TaskCompletionSource<string>();
        var reading = cache.GetAsync("a/3", async () => (await stored.Task, 1), Stop);
        reads = 0;

        cache.Remove("a/");
        stored.SetResult("old");

        Assert.Equal("old", await reading);
        foreach (var key in new[] { "a/1", "a/2", "a/3", "ab/1" })
        {
            Assert.Equal("value", await GetAsync(key));
        }

        Assert.Equal(3, reads);
    }

    private Task<string> GetAsync(string key, long? size = 1) => cache.GetAsync(key, () =>
    {
        reads++;
        return Task.FromResult(("value", size));
    }, Stop);

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = Facts.Now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
