using System.Globalization;
using System.Runtime.CompilerServices;
using Spectre.Console;

namespace Atp.Cli.Exports;

/// <summary>How many records were written so far, and how fast: on standard error, if somebody sees it.</summary>
internal sealed class ExportProgress(Terminal terminal, string what)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);
    private readonly long start = TimeProvider.System.GetTimestamp();
    private readonly Pace pace = new();
    private long count;

    public long Count => Interlocked.Read(ref count);

    public async IAsyncEnumerable<T> CountAsync<T>(IAsyncEnumerable<T> records, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var record in records.WithCancellation(ct))
        {
            yield return record;
            Interlocked.Increment(ref count);
        }
    }

    /// <param name="apart">What is written doesn't go to the same terminal.</param>
    /// <param name="work">Takes the records.</param>
    public async Task ShowAsync(bool apart, Func<Task> work)
    {
        if (!apart || !terminal.IsErrorInteractive)
        {
            await work();
            return;
        }

        await terminal.ErrorConsole.Status().StartAsync(Text(), async context =>
        {
            var working = work();
            while (await Task.WhenAny(working, Task.Delay(Refresh)) != working)
            {
                context.Status = Text();
            }

            await working;
        });
    }

    private string Text()
    {
        var written = Count;
        pace.Look(TimeProvider.System.GetElapsedTime(start), written, written);
        return string.Create(CultureInfo.InvariantCulture, $"{written:N0} {what}{(pace.PerSecond is { } rate ? $", {rate:N0} a second" : "")}");
    }
}
