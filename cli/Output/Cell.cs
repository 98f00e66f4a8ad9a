using System.Globalization;

namespace Atp.Cli.Output;

/// <summary>Values as text.</summary>
internal static class Cell
{
    private const string ListSeparator = ";"; // as an inventory's tags are separated

    /// <summary>So many things, in words.</summary>
    public static string Count(int count, string thing) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {thing}{(count == 1 ? "" : "s")}");

    /// <summary>For people. What would steer the terminal is shown as a mark.</summary>
    public static string ForTable(object? value, string? format = null) => value switch
    {
        null => "",
        string text => Shown(text),
        bool yes => yes ? "yes" : "no",
        DateTimeOffset at => at.UtcDateTime.ToString("u", CultureInfo.InvariantCulture),
        IEnumerable<string> texts => Shown(string.Join(", ", texts)),
        IFormattable number => number.ToString(format, CultureInfo.InvariantCulture),
        _ => Shown(value.ToString() ?? ""),
    };

    /// <summary>For programs: ISO 8601, invariant culture, and no text that a spreadsheet would take for a formula.</summary>
    public static string ForCsv(object? value) => value switch
    {
        null => "",
        string text => WithoutFormula(text),
        bool yes => yes ? "true" : "false",
        DateTimeOffset at => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("O", CultureInfo.InvariantCulture),
        IEnumerable<string> texts => WithoutFormula(string.Join(ListSeparator, texts)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => WithoutFormula(value.ToString() ?? ""),
    };

    /// <summary>As OWASP advises against CSV injection: a name is data, whoever made it up.</summary>
    private static string WithoutFormula(string text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? $"'{text}" : text;

    private static string Shown(string text) =>
        text.Any(IsSteering) ? string.Concat(text.Select(c => IsSteering(c) ? '\uFFFD' : c)) : text;

    private static bool IsSteering(char c) => char.IsControl(c) && c != '\n';
}
