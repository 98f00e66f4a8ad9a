using System.Text;
using Atp.Cli;

namespace Atp.Functions.Tests.Cli;

/// <summary>Runs <c>atp</c> in this process and keeps what it says.</summary>
internal sealed class CapturedTerminal
{
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();

    public string Output => output.ToString();

    public string Error => error.ToString();

    public Task<int> RunAsync(CancellationToken ct, params string[] arguments) => RunAsync("", ct, arguments);

    public async Task<int> RunAsync(string input, CancellationToken ct, params string[] arguments)
    {
        await using var outputWriter = TextWriter.Synchronized(new StringWriter(output));
        await using var errorWriter = TextWriter.Synchronized(new StringWriter(error));
        using var reader = new StringReader(input);
        return await AtpCommand.RunAsync(arguments, new Terminal(outputWriter, errorWriter, reader, interactive: false), ct);
    }
}
