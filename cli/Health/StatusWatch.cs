using System.Globalization;
using Atp.Cli.Client;

namespace Atp.Cli.Health;

/// <summary>The status again and again: drawn in place where somebody looks, else a line for each thing that changed.</summary>
internal sealed class StatusWatch
{
    private readonly Terminal terminal;
    private readonly string? scopeKind;
    private readonly EnduringClient client;
    private SiteOverview? last;
    private string? note;
    private HashSet<string> saidBefore = [];
    private string drawn = "";

    /// <param name="terminal">Where.</param>
    /// <param name="connect">Makes a client that tells this what it waits for.</param>
    /// <param name="scopeKind">The scopes to show besides; null for none.</param>
    public StatusWatch(Terminal terminal, Func<Action<string?>, EnduringClient> connect, string? scopeKind)
    {
        (this.terminal, this.scopeKind) = (terminal, scopeKind);
        client = connect(Note);
    }

    /// <summary>Until Ctrl-C, which is how it ends.</summary>
    public async Task RunAsync(TimeSpan interval, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                last = await client.AskAsync((server, token) => SiteOverview.GetAsync(server, scopeKind, token), ct);
                Show();
                await Task.Delay(interval, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    private void Note(string? text)
    {
        if (text == note)
        {
            return;
        }

        note = text;
        if (!terminal.IsInteractive)
        {
            terminal.Complain(text ?? "The server answers again.");
        }
        else if (last is not null)
        {
            Draw(last);
        }
    }

    private void Show()
    {
        if (terminal.IsInteractive)
        {
            Draw(last!);
            return;
        }

        var lines = last!.Lines().ToHashSet();
        foreach (var line in lines.Where(line => !saidBefore.Contains(line)))
        {
            terminal.Say($"{Now():u} {line}");
        }

        foreach (var warning in saidBefore.Where(line => line.StartsWith("Warning: ", StringComparison.Ordinal) && !lines.Contains(line)))
        {
            terminal.Say($"{Now():u} No longer: {warning["Warning: ".Length..]}");
        }

        saidBefore = lines;
    }

    /// <summary>From the top left, each line over the one that was there, so that nothing flickers; as much as the window holds.</summary>
    private void Draw(SiteOverview overview)
    {
        var text = terminal.Render(screen =>
        {
            screen.Say(note ?? string.Create(CultureInfo.InvariantCulture, $"Looked at {Now():u}. Ctrl-C ends this."));
            overview.ShowNews(screen, scopeKind is null ? [] : overview.Health.Scopes);
        });
        if (text == drawn)
        {
            return;
        }

        var lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Take(terminal.Console.Profile.Height - 1);
        terminal.Output.Write((drawn.Length == 0 ? "\e[2J" : "") + "\e[H" + string.Concat(lines.Select(line => $"{line}\e[K\n")) + "\e[J");
        drawn = text;
    }

    private static DateTime Now() => TimeProvider.System.GetUtcNow().UtcDateTime;
}
