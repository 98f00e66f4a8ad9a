using System.Diagnostics;
using Atp.Local;

namespace Atp.Infra.Tests.SelfHost;

/// <summary>What only processes of their own can show.</summary>
public sealed class ProcessTests(StorageFixture storage)
{
    private readonly StorageAccount account = storage.NextAccount();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_SIGTERM_the_running_message_finishes_no_other_is_begun_and_the_exit_code_is_0()
    {
        await account.Queue("slow").CreateAsync(cancellationToken: Stop);
        await account.Queue("slow").SendMessageAsync("one", Stop);
        await account.Queue("slow").SendMessageAsync("two", Stop);
        using var process = OtherProcess.Start(account);
        await LineAsync(process, "begun one");

        process.Signal("TERM");
        var rest = (await process.StandardOutput.ReadToEndAsync(Stop)).Split('\n');
        await process.WaitForExitAsync(Stop);

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("done one", rest);
        Assert.Contains("stopped", rest);
        Assert.DoesNotContain("begun two", rest);
        var left = Assert.Single((await account.Queue("slow").PeekMessagesAsync(5, Stop)).Value);
        Assert.Equal("two", left.Body.ToString());
    }

    [Fact]
    public async Task Of_two_processes_one_fires_the_timer()
    {
        using var first = OtherProcess.Start(account);
        await LineAsync(first, "tick");
        using var second = OtherProcess.Start(account);
        for (var ticks = 0; ticks < 4; ticks++)
        {
            await LineAsync(first, "tick");
        }

        first.Signal("TERM");
        second.Signal("TERM");
        Assert.DoesNotContain("tick", await second.StandardOutput.ReadToEndAsync(Stop), StringComparison.Ordinal);
        await first.StandardOutput.ReadToEndAsync(Stop);
        await Task.WhenAll(first.WaitForExitAsync(Stop), second.WaitForExitAsync(Stop));
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
    }

    private static async Task LineAsync(Process process, string expected)
    {
        while (await process.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Stop) is { } line)
        {
            if (line == expected)
            {
                return;
            }
        }

        Assert.Fail($"It ended before it said '{expected}'.");
    }
}
