using System.Text;
using Atp.Cli;

namespace Atp.Functions.Tests.Cli;

/// <summary>Runs <c>atp</c> in this process and keeps what it says; it may be read while it is said.</summary>
internal sealed class CapturedTerminal
{
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();

    public string Output => Read(output);

    public string Error => Read(error);

    /// <summary>As if a person looked at it.</summary>
    public bool IsInteractive { get; init; }

    public Task<int> RunAsync(CancellationToken ct, params string[] arguments) => RunAsync("", ct, arguments);

    public async Task<int> RunAsync(string input, CancellationToken ct, params string[] arguments)
    {
        await using var outputWriter = new LockingWriter(output);
        await using var errorWriter = new LockingWriter(error);
        using var reader = new StringReader(input);
        return await AtpCommand.RunAsync(arguments, new Terminal(outputWriter, errorWriter, reader, IsInteractive), ct);
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private sealed class LockingWriter(StringBuilder text) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value)
        {
            lock (text)
            {
                text.Append(value);
            }
        }

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));
    }
}
