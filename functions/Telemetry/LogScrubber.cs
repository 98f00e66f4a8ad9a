using Atp.Core.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Atp.Functions.Telemetry;

/// <summary>Takes out of every line of the log what gives a secret away, before an exporter sees it.</summary>
internal sealed class LogScrubber : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (data.FormattedMessage is { } message)
        {
            data.FormattedMessage = Scrub.Text(message);
        }

        var attributes = data.Attributes;
        if (attributes?.Any(a => Clean(a.Value) != a.Value) == true)
        {
            attributes = [.. attributes.Select(a => new KeyValuePair<string, object?>(a.Key, Clean(a.Value)))];
        }

        // An exporter writes an exception's text as it is, so one that gives something away goes as text.
        if (data.Exception is { } exception && exception.ToString() is var text && Scrub.Text(text) is var clean && clean != text)
        {
            data.Exception = null;
            attributes =
            [
                .. attributes ?? [],
                new("exception.type", exception.GetType().FullName),
                new("exception.stacktrace", clean),
            ];
        }

        data.Attributes = attributes;
    }

    private static object? Clean(object? value) => value is string text ? Scrub.Text(text) : value;
}
