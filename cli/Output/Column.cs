using System.Globalization;

namespace Atp.Cli.Output;

/// <summary>One thing that a list says of each record: a column of the table and of the CSV.</summary>
/// <param name="Title">For people; in CSV in camel case, as the API names it: <c>Last seen</c> is <c>lastSeen</c>.</param>
/// <param name="Value">Text, a number, a moment, a list of texts: not formatted.</param>
internal sealed record Column<T>(string Title, Func<T, object?> Value)
{
    /// <summary>False for what would make the table too wide.</summary>
    public bool InTable { get; init; } = true;

    /// <summary>Never broken over lines: an id, which people copy.</summary>
    public bool IsWhole { get; init; }

    /// <summary>How the table shows a number, e.g. <c>N0</c>.</summary>
    public string? Format { get; init; }

    /// <summary>Left out of a table in which no record has it.</summary>
    public bool IsOptional { get; init; }

    public string Field { get; init; } = ToField(Title);

    private static string ToField(string title)
    {
        var words = title.Split([' ', '-']);
        return string.Concat(words.Select((word, i) =>
            (i == 0 ? char.ToLowerInvariant(word[0]) : char.ToUpperInvariant(word[0])) + word[1..].ToLower(CultureInfo.InvariantCulture)));
    }
}
