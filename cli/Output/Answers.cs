using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Atp.Cli.Client;
using CsvHelper;
using CsvHelper.Configuration;

namespace Atp.Cli.Output;

/// <summary>
/// Gives a command's answer in the form that was asked for. Table and CSV come from the same columns; JSON is the answer as it came.
/// JSON and CSV of a list are written while it comes, so that none is kept; a table needs all of its rows to know its widths.
/// </summary>
internal sealed class Answers(Terminal terminal, OutputForm form)
{
    private static readonly JsonSerializerOptions Json = new(AtpClient.Json)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it goes to a terminal or a file, never into a page
    };

    private static readonly CsvConfiguration Csv = new(CultureInfo.InvariantCulture) { NewLine = "\r\n" };

    /// <summary>A person reads it: sentences are welcome. Else nothing but the answer may be on standard output.</summary>
    public bool IsForPeople => form == OutputForm.Table;

    /// <summary>One record: as <paramref name="show"/> shows it, as JSON, or as CSV with a head and one row.</summary>
    public void One<T>(T record, IReadOnlyList<Column<T>> columns, Action show)
        where T : notnull
    {
        switch (form)
        {
            case OutputForm.Json:
                terminal.Say(JsonSerializer.Serialize(record, Json));
                break;
            case OutputForm.Csv:
                Rows([record], columns);
                break;
            default:
                show();
                break;
        }
    }

    /// <summary>As <see cref="One{T}(T, IReadOnlyList{Column{T}}, Action)"/>, where showing it needs more of the service.</summary>
    public Task OneAsync<T>(T record, IReadOnlyList<Column<T>> columns, Func<Task> show)
        where T : notnull
    {
        if (IsForPeople)
        {
            return show();
        }

        One(record, columns, () => { });
        return Task.CompletedTask;
    }

    /// <summary>One record, of which CSV shows the parts: a row for each.</summary>
    public void One<T, TPart>(T record, IEnumerable<TPart> parts, IReadOnlyList<Column<TPart>> columns, Action show)
        where T : notnull
    {
        if (form == OutputForm.Csv)
        {
            Rows(parts, columns);
        }
        else
        {
            One(record, [], show);
        }
    }

    /// <summary>All of a list.</summary>
    public Task ListAsync<T>(IAsyncEnumerable<T> records, IReadOnlyList<Column<T>> columns, CancellationToken ct) => form switch
    {
        OutputForm.Json => WriteJsonAsync(terminal.Output, records, ct),
        OutputForm.Csv => WriteCsvAsync(terminal.Output, records, columns, ct),
        _ => ShowAsync(records, columns, ct),
    };

    /// <summary>The first of a list; that there are more is said aside.</summary>
    /// <param name="records">One more than <paramref name="most"/> is asked for.</param>
    /// <param name="columns">What is said of each.</param>
    /// <param name="most">So many.</param>
    /// <param name="narrower">How to narrow it down, after <c>--top shows more</c>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task ListAsync<T>(
        IAsyncEnumerable<T> records, IReadOnlyList<Column<T>> columns, int most, string? narrower, CancellationToken ct)
    {
        var more = false;
        await ListAsync(FirstAsync(), columns, ct);
        if (more)
        {
            terminal.Complain($"There are more than these {most}: --top shows more{(narrower is null ? "" : $", {narrower}")}.");
        }

        async IAsyncEnumerable<T> FirstAsync()
        {
            var count = 0;
            await foreach (var record in records.WithCancellation(ct))
            {
                if (count++ == most)
                {
                    more = true;
                    yield break;
                }

                yield return record;
            }
        }
    }

    /// <summary>A JSON array, a record at a time.</summary>
    public static async Task WriteJsonAsync<T>(TextWriter output, IAsyncEnumerable<T> records, CancellationToken ct)
    {
        var before = "[\n";
        await foreach (var record in records.WithCancellation(ct))
        {
            // In JSON, a line break is never part of a text.
            await output.WriteAsync($"{before}  {JsonSerializer.Serialize(record, Json).Replace("\n", "\n  ", StringComparison.Ordinal)}");
            before = ",\n";
        }

        await output.WriteLineAsync(before == "[\n" ? "[]" : "\n]");
    }

    /// <summary>CSV as RFC 4180 has it, a record at a time.</summary>
    public static async Task WriteCsvAsync<T>(
        TextWriter output, IAsyncEnumerable<T> records, IReadOnlyList<Column<T>> columns, CancellationToken ct)
    {
        await using var csv = NewCsv(output);
        WriteHead(csv, columns);
        await foreach (var record in records.WithCancellation(ct))
        {
            WriteRow(csv, record, columns);
            await csv.FlushAsync();
        }
    }

    private void Rows<T>(IEnumerable<T> records, IReadOnlyList<Column<T>> columns)
    {
        using var csv = NewCsv(terminal.Output);
        WriteHead(csv, columns);
        foreach (var record in records)
        {
            WriteRow(csv, record, columns);
        }
    }

    private static CsvWriter NewCsv(TextWriter output) => new(output, Csv, leaveOpen: true);

    private static void WriteHead<T>(CsvWriter csv, IReadOnlyList<Column<T>> columns)
    {
        foreach (var column in columns)
        {
            csv.WriteField(column.Field);
        }

        csv.NextRecord();
    }

    private static void WriteRow<T>(CsvWriter csv, T record, IReadOnlyList<Column<T>> columns)
    {
        foreach (var column in columns)
        {
            csv.WriteField(Cell.ForCsv(column.Value(record)));
        }

        csv.NextRecord();
    }

    private async Task ShowAsync<T>(IAsyncEnumerable<T> records, IReadOnlyList<Column<T>> columns, CancellationToken ct) =>
        terminal.ShowTable(await records.ToListAsync(ct), columns);
}
