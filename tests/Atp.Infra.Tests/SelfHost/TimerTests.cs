using System.Globalization;
using Atp.Local;
using Atp.SelfHost.Timers;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Time.Testing;

namespace Atp.Infra.Tests.SelfHost;

/// <summary>Over a clock that the tests move; only the leases' length is real.</summary>
public sealed class TimerTests(StorageFixture storage)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 1, TimeSpan.Zero);

    private readonly StorageAccount account = storage.NextAccount();
    private readonly FakeTimeProvider clock = new(Noon);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("0 */5 * * * *", "12:05:00 12:10:00")]
    [InlineData("30 0 13 * * *", "13:00:30")]
    [InlineData("0 0 0 1 4 *", "00:00:00")] // days of the month, months
    [InlineData("0 0 6 * * Sun", "06:00:00")]
    [InlineData("00:20:00", "12:20:01 12:40:01")]
    public void Schedules_have_six_fields_or_are_an_interval(string text, string expected)
    {
        Assert.True(TimerSchedule.TryParse(text, out var schedule));
        var next = Noon.DateTime;
        foreach (var time in expected.Split(' '))
        {
            next = schedule!.Next(next);
            Assert.Equal(time, next.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("*/5 * * * *")] // five fields
    [InlineData("0 0 25 * * *")]
    [InlineData("0 0 0 ? * *")]
    [InlineData("often")]
    [InlineData("")]
    [InlineData("-00:05:00")]
    public void Anything_else_is_none(string text) => Assert.False(TimerSchedule.TryParse(text, out _));

    [Fact]
    public async Task A_timer_fires_at_each_of_its_times_and_an_error_does_not_stop_it()
    {
        await using var host = await StartAsync(typeof(FiveMinutes));

        await AdvanceAsync(host.Journal, lines: 3);

        Assert.Equal(["12:05:00 on time", "12:10:00 on time", "12:15:00 on time"], host.Journal.Lines);
    }

    [Fact]
    public async Task The_first_start_ever_only_notes_when_it_is_due()
    {
        await using var host = await StartAsync(typeof(FiveMinutes));

        var status = await StatusAsync();

        Assert.Contains("12:05:00", status, StringComparison.Ordinal);
        Assert.Empty(host.Journal.Lines);
    }

    [Fact]
    public async Task However_many_occurrences_were_missed_it_fires_once_at_start()
    {
        await using (await StartAsync(typeof(FiveMinutes)))
        {
            await StatusAsync();
        }

        clock.Advance(TimeSpan.FromHours(3));
        await using var host = await StartAsync(typeof(FiveMinutes));
        Assert.Equal(["12:05:00 past due"], await host.Journal.WaitAsync(1, Stop));
        await AdvanceAsync(host.Journal, lines: 2);

        Assert.Equal(["12:05:00 past due", "15:05:00 on time"], host.Journal.Lines);
    }

    [Fact]
    public async Task A_schedule_that_was_changed_is_not_past_due()
    {
        await using (await StartAsync(typeof(BySetting), new() { ["Schedule"] = "0 */5 * * * *" }))
        {
            await StatusAsync();
        }

        clock.Advance(TimeSpan.FromHours(3));
        await using var host = await StartAsync(typeof(BySetting), new() { ["Schedule"] = "0 30 * * * *" });
        await AdvanceAsync(host.Journal, lines: 1);

        Assert.Equal(["15:30:00 on time"], host.Journal.Lines);
    }

    [Fact]
    public async Task Without_a_monitor_nothing_is_missed_and_nothing_noted()
    {
        await using (var first = await StartAsync(typeof(Unmonitored)))
        {
            await AdvanceAsync(first.Journal, lines: 1);
        }

        clock.Advance(TimeSpan.FromHours(3));
        await using var host = await StartAsync(typeof(Unmonitored));
        await AdvanceAsync(host.Journal, lines: 1);

        Assert.Equal(["no status on time"], host.Journal.Lines);
    }

    [Fact]
    public async Task More_often_than_once_a_minute_is_not_monitored()
    {
        await using var host = await StartAsync(typeof(TenSeconds));

        await AdvanceAsync(host.Journal, lines: 2);

        Assert.All(host.Journal.Lines, line => Assert.Equal("no status on time", line));
    }

    [Fact]
    public async Task One_may_run_at_start_too()
    {
        await using var host = await StartAsync(typeof(AtStart));

        Assert.Equal(["no status on time"], await host.Journal.WaitAsync(1, Stop));
    }

    [Fact]
    public async Task A_disabled_timer_never_fires()
    {
        await using var disabled = await StartAsync(typeof(FiveMinutes), new() { ["AzureWebJobs.FiveMinutes.Disabled"] = "true" });
        await using var other = await StartAsync(typeof(AtStart));
        await AdvanceAsync(other.Journal, lines: 3);

        Assert.Empty(disabled.Journal.Lines);
    }

    [Fact]
    public async Task Of_two_instances_one_fires_and_the_other_takes_over_when_it_stops()
    {
        await using var first = await StartAsync(typeof(FiveMinutes));
        await StatusAsync();
        await using var second = await StartAsync(typeof(FiveMinutes));

        await AdvanceAsync(first.Journal, lines: 3);
        Assert.Empty(second.Journal.Lines);
        await first.StopAsync(Stop);
        await AdvanceAsync(second.Journal, lines: 1);

        Assert.Equal(3, first.Journal.Lines.Count);
        Assert.Equal("12:20:00", second.Journal.Lines.First().Split(' ')[0]);
    }

    [Fact]
    public async Task Sites_of_different_host_ids_do_not_stand_in_each_others_way()
    {
        await using var first = await StartAsync(typeof(FiveMinutes), new() { ["AzureFunctionsWebHost:hostid"] = "one" });
        await using var second = await StartAsync(typeof(FiveMinutes), new() { ["AzureFunctionsWebHost:hostid"] = "two" });

        await AdvanceAsync(first.Journal, lines: 1);
        await AdvanceAsync(second.Journal, lines: 1);
    }

    private Task<RunningHost> StartAsync(Type functions, Dictionary<string, string?>? settings = null) =>
        RunningHost.StartAsync(account, [functions], settings, clock);

    /// <summary>Moves the clock until so many lines were written.</summary>
    private Task AdvanceAsync(Journal journal, int lines) => Until.TrueAsync(() =>
    {
        if (journal.Lines.Count < lines)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
        }

        return Task.FromResult(journal.Lines.Count >= lines);
    }, () => $"{lines} runs, but only: {string.Join(" | ", journal.Lines)}", Stop);

    /// <summary>Waits for the note of the first start.</summary>
    private async Task<string> StatusAsync()
    {
        var status = "";
        await Until.TrueAsync(async () =>
        {
            var container = new BlobContainerClient(account.ConnectionString, "azure-webjobs-hosts");
            if (await container.ExistsAsync(Stop))
            {
                await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, "timers/", Stop))
                {
                    status = (await container.GetBlobClient(blob.Name).DownloadContentAsync(Stop)).Value.Content.ToString();
                }
            }

            return status.Length > 0;
        }, () => "a status", Stop);
        return status;
    }

    private static void Write(Journal journal, TimerInfo timer) => journal.Write(string.Create(CultureInfo.InvariantCulture,
        $"{timer.ScheduleStatus?.Next.ToString("HH:mm:ss", CultureInfo.InvariantCulture) ?? "no status"} {(timer.IsPastDue ? "past due" : "on time")}"));

    public sealed class FiveMinutes(Journal journal)
    {
        [Function("FiveMinutes")]
        public void Run([TimerTrigger("0 */5 * * * *")] TimerInfo timer)
        {
            Write(journal, timer);
            throw new InvalidOperationException("It was meant to fail.");
        }
    }

    public sealed class BySetting(Journal journal)
    {
        [Function("BySetting")]
        public void Run([TimerTrigger("%Schedule%")] TimerInfo timer) => Write(journal, timer);
    }

    public sealed class Unmonitored(Journal journal)
    {
        [Function("Unmonitored")]
        public void Run([TimerTrigger("0 */5 * * * *", UseMonitor = false)] TimerInfo timer) => Write(journal, timer);
    }

    public sealed class TenSeconds(Journal journal)
    {
        [Function("TenSeconds")]
        public void Run([TimerTrigger("*/10 * * * * *")] TimerInfo timer) => Write(journal, timer);
    }

    public sealed class AtStart(Journal journal)
    {
        [Function("AtStart")]
        public void Run([TimerTrigger("0 */5 * * * *", RunOnStartup = true, UseMonitor = false)] TimerInfo timer) => Write(journal, timer);
    }
}
