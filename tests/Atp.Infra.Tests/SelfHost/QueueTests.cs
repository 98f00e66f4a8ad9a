using System.Text;
using Atp.Local;
using Atp.SelfHost.Queues;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Infra.Tests.SelfHost;

public sealed class QueueTests(StorageFixture storage)
{
    private const string Queues = "AzureFunctionsJobHost:extensions:queues";

    private readonly StorageAccount account = storage.NextAccount();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_given_as_the_parameter_asks_and_deleted()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Takes)]);
        foreach (var queue in new[] { "strings", "bytes", "data", "messages", "records" })
        {
            await CreateAsync(queue, """{"name":"n","size":3}""");
        }

        var lines = await host.Journal.WaitAsync(5, Stop);

        Assert.Equal(
            [
                """bytes {"name":"n","size":3}""", """data {"name":"n","size":3}""", """messages {"name":"n","size":3} 1""", "records n 3",
                """strings {"name":"n","size":3} again {"name":"n","size":3}, 1, True, True""",
            ],
            lines.Order(StringComparer.Ordinal));
        await EmptyAsync("strings");
        await EmptyAsync("records");
    }

    [Fact]
    public async Task A_message_that_fails_comes_back_after_the_visibility_timeout()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(FailsOnce)], new() { [$"{Queues}:visibilityTimeout"] = "00:00:02" });
        await CreateAsync("failing", "m");

        var lines = await host.Journal.WaitAsync(2, Stop);

        Assert.Equal(["1", "2"], lines.Select(l => l.Split(' ')[0]));
        // The service rounds to whole seconds.
        Assert.InRange(TimeSpan.FromTicks(long.Parse(lines[1].Split(' ')[1]) - long.Parse(lines[0].Split(' ')[1])).TotalSeconds, 1, 10);
        await EmptyAsync("failing");
    }

    [Fact]
    public async Task A_message_that_always_fails_goes_to_the_poison_queue_as_it_is()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(AlwaysFails)], new() { [$"{Queues}:maxDequeueCount"] = "3" });
        await CreateAsync("hopeless", "the body");

        var poisoned = await ReceiveAsync("hopeless-poison");

        Assert.Equal("the body", poisoned.Body.ToString());
        Assert.Equal(["1", "2", "3"], host.Journal.Lines);
        await EmptyAsync("hopeless");
    }

    [Fact]
    public async Task A_message_over_the_maximum_is_poisoned_without_a_run()
    {
        await CreateAsync("hopeless", "the body");
        for (var i = 0; i < 3; i++)
        {
            await account.Queue("hopeless").ReceiveMessagesAsync(1, TimeSpan.FromSeconds(1), Stop);
            await Until.TrueAsync(async () => (await account.Queue("hopeless").PeekMessagesAsync(1, Stop)).Value.Length == 1, () => "a visible message", Stop);
        }

        await using var host = await RunningHost.StartAsync(account, [typeof(AlwaysFails)], new() { [$"{Queues}:maxDequeueCount"] = "3" });

        Assert.Equal("the body", (await ReceiveAsync("hopeless-poison")).Body.ToString());
        Assert.Empty(host.Journal.Lines);
    }

    [Fact]
    public async Task A_poison_queue_has_none_of_its_own()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(FailsOnPoison)], new() { [$"{Queues}:maxDequeueCount"] = "1" });
        await CreateAsync("left-poison", "m");

        await host.Journal.WaitAsync(1, Stop);

        await EmptyAsync("left-poison");
        Assert.False(await account.Queue("left-poison-poison").ExistsAsync(Stop));
    }

    [Fact]
    public async Task Bad_JSON_for_a_record_is_poisoned_and_does_not_stop_the_others()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Takes)], new() { [$"{Queues}:maxDequeueCount"] = "2" });
        await CreateAsync("records", "not JSON", """{"name":"n","size":3}""");

        Assert.Equal("not JSON", (await ReceiveAsync("records-poison")).Body.ToString());
        Assert.Equal(["records n 3"], await host.Journal.WaitAsync(1, Stop));
    }

    [Fact]
    public async Task With_base64_a_body_is_decoded_and_one_that_is_not_base64_is_poisoned_without_a_run()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Takes)], new() { [$"{Queues}:messageEncoding"] = "base64" });
        await CreateAsync("bytes", "not base64", Convert.ToBase64String("decoded"u8));

        Assert.Equal("not base64", (await ReceiveAsync("bytes-poison")).Body.ToString());
        Assert.Equal(["bytes decoded"], await host.Journal.WaitAsync(1, Stop));
    }

    [Fact]
    public async Task A_message_that_runs_long_stays_invisible()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Holds)], new() { ["SelfHost:MessageInvisibility"] = "00:00:02" });
        await CreateAsync("held", "m");
        await host.Journal.WaitAsync(1, Stop);

        for (var until = DateTimeOffset.UtcNow.AddSeconds(5); DateTimeOffset.UtcNow < until; await Task.Delay(100, Stop))
        {
            Assert.Empty((await account.Queue("held").PeekMessagesAsync(1, Stop)).Value);
        }

        host.Journal.Release();
        await EmptyAsync("held");
        Assert.Single(host.Journal.Lines);
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(2, 2, 4)] // two run, which is no more than the threshold: another batch is taken
    public async Task So_many_run_at_once_and_no_more(int batchSize, int newBatchThreshold, int expected)
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Holds)], new()
        {
            [$"{Queues}:batchSize"] = $"{batchSize}",
            [$"{Queues}:newBatchThreshold"] = $"{newBatchThreshold}",
        });
        await CreateAsync("held", "1", "2", "3", "4", "5");

        await host.Journal.WaitAsync(expected, Stop);
        await Until.TrueAsync(async () => (await account.Queue("held").PeekMessagesAsync(5, Stop)).Value.Length <= 5 - expected, () => "taken messages", Stop);
        host.Journal.Release();
        await host.Journal.WaitAsync(5, Stop);

        Assert.Equal(expected, host.Journal.MostAtOnce);
    }

    [Fact]
    public async Task A_queue_that_is_not_there_yet_is_polled_until_it_is()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Takes)]);
        await CreateAsync("strings", "first");
        await host.Journal.WaitAsync(1, Stop);

        Assert.False(await account.Queue("records").ExistsAsync(Stop));
    }

    [Fact]
    public async Task An_idle_queue_wakes_up_within_the_longest_polling_interval()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Takes)], new() { [$"{Queues}:maxPollingInterval"] = "00:00:01" });
        await CreateAsync("strings");
        await Task.Delay(2_500, Stop); // long enough for the pauses to have grown to the maximum

        var sent = DateTimeOffset.UtcNow;
        await account.Queue("strings").SendMessageAsync("m", Stop);
        await host.Journal.WaitAsync(1, Stop);

        Assert.InRange((DateTimeOffset.UtcNow - sent).TotalSeconds, 0, 5);
    }

    [Fact]
    public void Pauses_grow_from_a_tenth_of_a_second_to_the_maximum_and_start_over_after_a_message()
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(1));

        foreach (var expected in new[] { 0.1, 0.2, 0.4, 0.8, 1, 1 })
        {
            Assert.InRange(backOff.Next().TotalSeconds, expected * 0.8, expected * 1.2);
        }

        Assert.Equal(TimeSpan.Zero, backOff.Reset());
        Assert.InRange(backOff.Next().TotalSeconds, 0.08, 0.12);
    }

    [Fact]
    public async Task A_queues_name_may_come_from_a_setting_and_is_made_lower_case()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(NamedBySetting)], new() { ["Where"] = "SomeWhere" });
        await CreateAsync("at-somewhere", "m");

        Assert.Equal(["m"], await host.Journal.WaitAsync(1, Stop));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("1")]
    public async Task A_disabled_function_leaves_its_messages_alone(string disabled)
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Takes)], new() { ["AzureWebJobs.TakeString.Disabled"] = disabled });
        await CreateAsync("strings", "left alone");
        await CreateAsync("bytes", "taken");

        Assert.Equal(["bytes taken"], await host.Journal.WaitAsync(1, Stop));
        Assert.Equal(0, Assert.Single((await account.Queue("strings").PeekMessagesAsync(1, Stop)).Value).DequeueCount);
    }

    [Fact]
    public async Task On_stop_what_runs_finishes_and_what_was_not_begun_stays_in_the_queue()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Holds)], new() { [$"{Queues}:batchSize"] = "1", [$"{Queues}:newBatchThreshold"] = "0" });
        await CreateAsync("held", "begun", "not begun");
        await host.Journal.WaitAsync(1, Stop);

        var stopping = host.StopAsync(Stop);
        Assert.False(stopping.IsCompleted);
        host.Journal.Release();
        await stopping;

        Assert.Equal(["begun"], host.Journal.Lines);
        Assert.Equal("not begun", Assert.Single((await account.Queue("held").PeekMessagesAsync(5, Stop)).Value).Body.ToString());
    }

    [Fact]
    public async Task When_the_patience_of_a_stop_ends_the_function_is_cancelled_and_its_message_visible_again_at_once()
    {
        await using var host = await RunningHost.StartAsync(account, [typeof(Holds)]);
        await CreateAsync("held", "m");
        await host.Journal.WaitAsync(1, Stop);

        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await host.StopAsync(patience.Token);

        await Until.TrueAsync(async () => (await account.Queue("held").PeekMessagesAsync(1, Stop)).Value.Length == 1, () => "a visible message", Stop, seconds: 5);
    }

    private async Task CreateAsync(string queue, params string[] messages)
    {
        await account.Queue(queue).CreateIfNotExistsAsync(cancellationToken: Stop);
        foreach (var message in messages)
        {
            await account.Queue(queue).SendMessageAsync(message, Stop);
        }
    }

    private async Task<QueueMessage> ReceiveAsync(string queue)
    {
        QueueMessage? message = null;
        await Until.TrueAsync(async () => await account.Queue(queue).ExistsAsync(Stop)
            && (message = (await account.Queue(queue).ReceiveMessageAsync(cancellationToken: Stop)).Value) is not null, () => $"a message in {queue}", Stop);
        return message!;
    }

    /// <summary>Invisible messages count too.</summary>
    private Task EmptyAsync(string queue) => Until.TrueAsync(
        async () => (await account.Queue(queue).GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount == 0, () => $"an empty queue {queue}", Stop);

    public sealed record Thing(string Name, int Size);

    public sealed class Takes(Journal journal)
    {
        [Function("TakeString")]
        public void TakeString([QueueTrigger("strings")] string text, string queueTrigger, long dequeueCount, string id, DateTimeOffset insertionTime) =>
            journal.Write($"strings {text} again {queueTrigger}, {dequeueCount}, {id.Length > 0}, {insertionTime > DateTimeOffset.UnixEpoch}");

        [Function("TakeBytes")]
        public void TakeBytes([QueueTrigger("bytes")] byte[] bytes) => journal.Write($"bytes {Encoding.UTF8.GetString(bytes)}");

        [Function("TakeData")]
        public void TakeData([QueueTrigger("data")] BinaryData data) => journal.Write($"data {data}");

        [Function("TakeMessage")]
        public void TakeMessage([QueueTrigger("messages")] QueueMessage message) => journal.Write($"messages {message.Body} {message.DequeueCount}");

        [Function("TakeRecord")]
        public Task TakeRecordAsync([QueueTrigger("records")] Thing thing, CancellationToken ct)
        {
            journal.Write($"records {thing.Name} {thing.Size}");
            return Task.Delay(0, ct);
        }
    }

    public sealed class FailsOnce(Journal journal)
    {
        [Function("FailOnce")]
        public void FailOnce([QueueTrigger("failing")] string text, long dequeueCount)
        {
            journal.Write($"{dequeueCount} {DateTimeOffset.UtcNow.Ticks}");
            if (dequeueCount == 1)
            {
                throw new InvalidOperationException($"{text} was meant to fail.");
            }
        }
    }

    public sealed class AlwaysFails(Journal journal)
    {
        [Function("AlwaysFail")]
        public void AlwaysFail([QueueTrigger("hopeless")] string text, long dequeueCount)
        {
            journal.Write($"{dequeueCount}");
            throw new InvalidOperationException($"{text} was meant to fail.");
        }
    }

    public sealed class FailsOnPoison(Journal journal)
    {
        [Function("FailOnPoison")]
        public void FailOnPoison([QueueTrigger("left-poison")] string text)
        {
            journal.Write(text);
            throw new InvalidOperationException("It was meant to fail.");
        }
    }

    public sealed class Holds(Journal journal)
    {
        [Function("Hold")]
        public Task HoldAsync([QueueTrigger("held")] string text, CancellationToken ct)
        {
            journal.Write(text);
            return journal.HoldAsync(ct);
        }
    }

    public sealed class NamedBySetting(Journal journal)
    {
        [Function("Named")]
        public void Named([QueueTrigger("At-%Where%")] string text) => journal.Write(text);
    }
}
