using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Atp.Cli;

/// <summary>
/// Shows phases: bars while they run, if somebody looks, else a line now and then; and one line for each when it is over. What goes on
/// is said aside, so that the answer can go to a file.
/// </summary>
public sealed class PhaseBoard(Terminal terminal)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    /// <summary>Where nobody looks.</summary>
    internal TimeSpan LineEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Until the work is over; then a line for each phase.</summary>
    public async Task ShowAsync(IReadOnlyList<Phase> phases, Func<Task> work)
    {
        await FollowAsync(phases, work);
        foreach (var phase in phases)
        {
            ShowLine(phase);
        }
    }

    /// <summary>Until the work is over, and nothing after.</summary>
    public async Task FollowAsync(IReadOnlyList<Phase> phases, Func<Task> work)
    {
        var tracks = phases.Select(phase => new Track(phase)).ToList();
        if (terminal.IsErrorInteractive)
        {
            await new Progress(terminal.ErrorConsole, TimeProvider.System).AutoClear(true)
                .Columns(
                    new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(),
                    new PaceColumn(tracks))
                .StartAsync(context => DrawAsync(context, tracks, work()));
        }
        else
        {
            await WriteAsync(tracks, work());
        }
    }

    public void ShowLine(Phase phase) => terminal.Say(Line(phase));

    private static async Task DrawAsync(ProgressContext context, List<Track> tracks, Task work)
    {
        foreach (var track in tracks)
        {
            track.Bar = context.AddTask(Markup.Escape(track.Phase.Name));
        }

        while (true)
        {
            var ended = work.IsCompleted;
            foreach (var track in tracks)
            {
                track.Look();
                track.Bar!.IsIndeterminate = track.Phase.Total == 0 && !ended;
                track.Bar.MaxValue = Math.Max(1, track.Phase.Total);
                track.Bar.Value = ended ? track.Bar.MaxValue : track.Phase.Done;
            }

            if (ended)
            {
                await work;
                return;
            }

            await Task.WhenAny(work, Task.Delay(Refresh));
        }
    }

    private async Task WriteAsync(List<Track> tracks, Task work)
    {
        var written = TimeProvider.System.GetTimestamp();
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(Refresh < LineEvery ? Refresh : LineEvery));
            var isTime = TimeProvider.System.GetElapsedTime(written) >= LineEvery;
            if (isTime)
            {
                written = TimeProvider.System.GetTimestamp();
            }

            foreach (var track in tracks)
            {
                track.Look();
                if (track.NewsFor(isTime && !work.IsCompleted) is { } news)
                {
                    terminal.Complain(news);
                }
            }
        }

        await work;
    }

    private static string Line(Phase phase)
    {
        var amount = phase.Total > 0 ? $"{phase.Amount:N0} {phase.Unit}" : "";
        var transactions = phase.Transactions is { } count ? $"{count:N0} transactions" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"  {phase.Name,-12} {amount,18} {phase.Elapsed.TotalSeconds,8:F1} s   {transactions,22}").TrimEnd();
    }

    /// <summary>A phase, how fast it goes, and what was said of it last.</summary>
    private sealed class Track(Phase phase)
    {
        private readonly long start = TimeProvider.System.GetTimestamp();
        private readonly Pace pace = new();
        private string? notedBefore;
        private long doneBefore;

        public Phase Phase { get; } = phase;

        public ProgressTask? Bar { get; set; }

        public void Look() => pace.Look(TimeProvider.System.GetElapsedTime(start), Phase.Done, Phase.Amount);

        /// <summary>Rate and time left, as far as they are known and of use.</summary>
        public string Describe()
        {
            if (Phase.Total > 0 && Phase.Done >= Phase.Total)
            {
                return "";
            }

            var rate = pace.PerSecond is { } perSecond and > 0
                ? $"{perSecond.ToString(perSecond < 10 ? "F1" : "N0", CultureInfo.InvariantCulture)} {Phase.Unit}/s"
                : null;
            var left = pace.Left(Phase.Total) is { } time ? $"{Short(time)} left" : null;
            return string.Join(", ", new[] { rate, left }.OfType<string>());
        }

        /// <returns>Null when there is nothing to say now.</returns>
        public string? NewsFor(bool isTime)
        {
            if (Phase.Note != notedBefore)
            {
                notedBefore = Phase.Note;
                return Phase.Note;
            }

            if (!isTime || Phase.Done == doneBefore || Phase.Done >= Phase.Total)
            {
                return null;
            }

            doneBefore = Phase.Done;
            var percent = string.Create(CultureInfo.InvariantCulture, $"  {Phase.Name,-12} {Phase.Amount,11:N0} {Phase.Unit}, {100.0 * Phase.Done / Phase.Total:F0} %");
            return Describe() is { Length: > 0 } pace ? $"{percent}, {pace}" : percent;
        }

        private static string Short(TimeSpan time) => time.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min")
            : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:D2}");
    }

    /// <summary>What holds a phase up; else rate and time left.</summary>
    private sealed class PaceColumn(List<Track> tracks) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => tracks.Find(track => track.Bar == task) switch
        {
            { Phase.Note: { } note } => new Text(note, new Style(Color.Yellow)),
            { } track => new Text(track.Describe()),
            null => Text.Empty,
        };
    }
}
