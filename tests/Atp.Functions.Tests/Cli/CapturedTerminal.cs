using Atp.Cli;

namespace Atp.Functions.Tests.Cli;

/// <summary>Runs <c>atp</c> in this process and keeps what it says.</summary>
internal sealed class CapturedTerminal
{
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public string Output => output.ToString();

    public string Error => error.ToString();

    public Task<int> RunAsync(CancellationToken ct, params string[] arguments) => RunAsync("", ct, arguments);

    public Task<int> RunAsync(string input, CancellationToken ct, params string[] arguments) => AtpCommand.RunAsync(
        arguments,
        new Terminal(TextWriter.Synchronized(output), TextWriter.Synchronized(error), new StringReader(input), interactive: false),
        ct);
}
