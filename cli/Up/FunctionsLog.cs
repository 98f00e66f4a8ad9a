using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Atp.Cli.Up;

/// <summary>Where the functions log to: a file in the data folder, or, when nothing is kept, warnings on standard error.</summary>
internal sealed class FunctionsLog : IDisposable
{
    private readonly StreamWriter? file;

    private FunctionsLog(StreamWriter? file, ILoggerProvider provider, string description) =>
        (this.file, Provider, Description) = (file, provider, description);

    public ILoggerProvider Provider { get; }

    /// <summary>For people.</summary>
    public string Description { get; }

    public static FunctionsLog Open(UpOptions options, Terminal terminal)
    {
        var clock = TimeProvider.System;
        if (options.InMemory)
        {
            return new FunctionsLog(null, new LineLog(terminal.Error, LogLevel.Warning, clock), "warnings, on standard error");
        }

        var folder = Path.Combine(options.DataFolder, "logs");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, clock.GetUtcNow().UtcDateTime.ToString("'functions-'yyyyMMdd'-'HHmmss'.log'", CultureInfo.InvariantCulture));
        var file = new StreamWriter(path, append: true) { AutoFlush = true };
        return new FunctionsLog(file, new LineLog(file, LogLevel.Information, clock), path);
    }

    public void Dispose()
    {
        Provider.Dispose();
        file?.Dispose();
    }
}
