using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Atp.Cli.Up;

/// <summary>What a run came to.</summary>
public sealed record RunResult(int Devices, Figures Expected, Figures Counted, IReadOnlyList<Phase> Phases, IReadOnlyList<string> Faults)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>0 when every device was counted once and every figure is what the fleet did, else 1.</summary>
    public int ExitCode => Figures.Compare(Expected, Counted).Count == 0 ? 0 : AtpCommand.Failed;

    public async Task WriteJsonAsync(FileInfo file, CancellationToken ct)
    {
        using var process = Process.GetCurrentProcess();
        var content = new
        {
            devices = Devices,
            deployment = Counted.Deployment,
            health = Counted.Health,
            expected = new { deployment = Expected.Deployment, health = Expected.Health },
            phases = Phases.ToDictionary(
                phase => phase.Name, phase => new { seconds = Math.Round(phase.Elapsed.TotalSeconds, 3), transactions = phase.Transactions ?? 0 }),
            peakMemoryBytes = process.PeakWorkingSet64,
        };
        await using var stream = file.Create();
        await JsonSerializer.SerializeAsync(stream, content, Json, ct);
    }

    /// <summary>The verdict; when it is a bad one, each figure that is wrong and the first devices that had trouble.</summary>
    public void ShowVerdict(Terminal terminal)
    {
        var differences = Figures.Compare(Expected, Counted);
        terminal.Say("");
        if (differences.Count == 0)
        {
            terminal.Say(string.Create(
                CultureInfo.InvariantCulture, $"All {Devices:N0} devices were counted once, and every figure is what they did."));
            return;
        }

        var table = new Table { Title = new TableTitle("Figures that are not what the devices did") }.AddColumns("Figure", "Expected", "Counted");
        foreach (var difference in differences)
        {
            table.AddRow(Markup.Escape(difference.Name), Text(difference.Expected), Text(difference.Counted));
        }

        terminal.Console.Write(table);
        foreach (var fault in Faults)
        {
            terminal.Complain(fault);
        }
    }

    private static string Text(int? figure) => figure?.ToString("N0", CultureInfo.InvariantCulture) ?? "none";
}
