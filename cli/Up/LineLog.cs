using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Atp.Cli.Up;

/// <summary>Log lines of the functions, from one level on, into a writer; one line for each entry, its exception below it.</summary>
internal sealed class LineLog(TextWriter writer, LogLevel lowest, TimeProvider clock) : ILoggerProvider
{
    private readonly TextWriter lines = TextWriter.Synchronized(writer);

    public ILogger CreateLogger(string categoryName) => new Logger(lines, lowest, clock, categoryName);

    public void Dispose() => lines.Flush();

    private sealed class Logger(TextWriter lines, LogLevel lowest, TimeProvider clock, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var time = clock.GetUtcNow().UtcDateTime.ToString("HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            var text = $"{time} {logLevel} {category}: {formatter(state, exception)}";
            lines.WriteLine(exception is null ? text : $"{text}{Environment.NewLine}{exception}");
        }
    }
}
