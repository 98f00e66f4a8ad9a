using System.Globalization;
using Spectre.Console;

namespace Atp.Cli;

/// <summary>Shows phases: bars while they run, if somebody looks, and one line for each when it is over.</summary>
public sealed class PhaseBoard(Terminal terminal)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    public async Task ShowAsync(IReadOnlyList<Phase> phases, Func<Task> work)
    {
        if (terminal.IsInteractive)
        {
            await new Progress(terminal.Console, TimeProvider.System).AutoClear(true)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
                .StartAsync(context => FollowAsync(context, phases, work()));
        }
        else
        {
            await work();
        }

        foreach (var phase in phases)
        {
            ShowLine(phase);
        }
    }

    public void ShowLine(Phase phase) => terminal.Say(Line(phase));

    private static async Task FollowAsync(ProgressContext context, IReadOnlyList<Phase> phases, Task work)
    {
        var bars = phases.Select(phase => (Phase: phase, Bar: context.AddTask(phase.Name))).ToList();
        while (true)
        {
            var ended = work.IsCompleted;
            foreach (var (phase, bar) in bars)
            {
                bar.IsIndeterminate = phase.Total == 0 && !ended;
                bar.MaxValue = Math.Max(1, phase.Total);
                bar.Value = ended ? bar.MaxValue : phase.Done;
            }

            if (ended)
            {
                await work;
                return;
            }

            await Task.WhenAny(work, Task.Delay(Refresh));
        }
    }

    private static string Line(Phase phase)
    {
        var amount = phase.Total > 0 ? $"{phase.Done:N0} {phase.Unit}" : "";
        var transactions = phase.Transactions is { } count ? $"{count:N0} transactions" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"  {phase.Name,-12} {amount,18} {phase.Elapsed.TotalSeconds,8:F1} s   {transactions,22}").TrimEnd();
    }
}
