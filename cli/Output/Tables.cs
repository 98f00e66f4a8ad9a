using Spectre.Console;

namespace Atp.Cli.Output;

/// <summary>Tables for people.</summary>
internal static class Tables
{
    /// <summary>What is known of one thing, line by line; what isn't known is left out.</summary>
    public static void ShowFacts(this Terminal terminal, IEnumerable<(string Label, object? Value)> facts)
    {
        var table = new Table().HideHeaders().AddColumns("", "");
        foreach (var (label, value) in facts)
        {
            if (Cell.ForTable(value) is { Length: > 0 } text)
            {
                table.AddRow(new Text(label), new Text(text));
            }
        }

        terminal.Console.Write(table);
    }

    public static void ShowTable<T>(this Terminal terminal, IReadOnlyCollection<T> records, IReadOnlyList<Column<T>> columns)
    {
        var shown = columns.Where(column => column.InTable && !(column.IsOptional && records.All(record => column.Value(record) is null or ""))).ToList();
        var table = new Table();
        foreach (var column in shown)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.Title))
            {
                Alignment = column.Format is null ? Justify.Left : Justify.Right,
                NoWrap = column.IsWhole,
            });
        }

        foreach (var record in records)
        {
            table.AddRow([.. shown.Select(column => new Text(Cell.ForTable(column.Value(record), column.Format)))]);
        }

        terminal.Console.Write(table);
    }
}
