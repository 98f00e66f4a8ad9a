using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Atp.Core.Errors;
using CsvHelper;
using CsvHelper.Configuration;

namespace Atp.Core.Devices;

/// <summary>Reads an inventory row by row, as NDJSON or CSV, without holding more than one row.</summary>
public static class InventoryFormats
{
    private const int MaxLine = 64 * 1024;
    private static readonly string[] Columns = ["deviceId", "name", "build", "productType", "sku", "tags", "monitoringAgentVersion", "defenderClientVersion"];
    private static readonly string[] Required = ["deviceId", "name", "build", "productType"];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        MaxDepth = 8,
    };

    /// <summary>One JSON object a line; empty lines are passed over.</summary>
    public static async IAsyncEnumerable<ImportRow> ReadNdjsonAsync(Stream body, [EnumeratorCancellation] CancellationToken ct)
    {
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: MaxLine, leaveOpen: true));
        var line = 0;
        var skipping = false; // inside a line that is too long
        while (true)
        {
            var read = await reader.ReadAsync(ct);
            var rest = read.Buffer;
            var rows = new List<ImportRow>();
            while (NextLine(ref rest, read.IsCompleted, out var bytes))
            {
                line++;
                if (skipping || bytes.Length > MaxLine)
                {
                    rows.Add(Bad(line, "inventory.line-too-long", "A line has 64 KiB at most."));
                    skipping = false;
                }
                else if (Parse(line, bytes) is { } row)
                {
                    rows.Add(row);
                }
            }

            if (rest.Length > MaxLine)
            {
                skipping = true;
                rest = rest.Slice(rest.End);
            }

            reader.AdvanceTo(rest.Start, rest.End);
            foreach (var row in rows)
            {
                yield return row;
            }

            if (read.IsCompleted)
            {
                await reader.CompleteAsync();
                yield break;
            }
        }
    }

    /// <summary>CSV with a header; tags are separated by semicolons.</summary>
    /// <exception cref="DomainException">Invalid: a column that is unknown or missing, or text that is not CSV.</exception>
    public static async IAsyncEnumerable<ImportRow> ReadCsvAsync(Stream body, [EnumeratorCancellation] CancellationToken ct)
    {
        using var text = new StreamReader(body, leaveOpen: true);
        using var csv = new CsvReader(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            MissingFieldFound = null,
            BadDataFound = null,
            MaxFieldSize = MaxLine,
            TrimOptions = TrimOptions.Trim,
        });
        if (!await NextAsync(csv) || !csv.ReadHeader())
        {
            yield break;
        }

        CheckHeader(csv.HeaderRecord!);
        while (await NextAsync(csv))
        {
            ct.ThrowIfCancellationRequested();
            yield return FromCsv(csv);
        }
    }

    private static async Task<bool> NextAsync(CsvReader csv)
    {
        try
        {
            return await csv.ReadAsync();
        }
        catch (CsvHelperException e)
        {
            throw DomainError.Field("body", "inventory.csv-invalid", $"The CSV can't be read after line {csv.Parser.RawRow}: check its quotes.").ToException(e);
        }
    }

    private static void CheckHeader(string[] header)
    {
        var errors = new FieldErrors();
        foreach (var unknown in header.Except(Columns, StringComparer.Ordinal))
        {
            errors.Add("header", "inventory.column-unknown", $"There is no column '{(unknown.Length <= 64 ? unknown : unknown[..64])}'. The columns are {string.Join(", ", Columns)}.");
        }

        foreach (var missing in Required.Except(header, StringComparer.Ordinal))
        {
            errors.Add("header", "inventory.column-missing", $"The column '{missing}' is missing.");
        }

        errors.ThrowIfAny();
    }

    private static ImportRow FromCsv(CsvReader csv)
    {
        var line = csv.Parser.RawRow;
        if (csv.Parser.Count > csv.HeaderRecord!.Length)
        {
            return Bad(line, "inventory.line-invalid", $"The line has {csv.Parser.Count} fields and the header {csv.HeaderRecord.Length}: put quotes around commas.");
        }

        string? Field(string name) => csv.TryGetField<string>(name, out var value) && value?.Length > 0 ? value : null;
        int? Number(string name, ref bool valid)
        {
            if (Field(name) is not { } value)
            {
                return null;
            }

            valid &= int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            return number;
        }

        var numbers = true;
        var productType = Number("productType", ref numbers);
        var sku = Number("sku", ref numbers);
        return numbers
            ? new ImportRow(line, new InventoryInput
            {
                DeviceId = Field("deviceId"),
                Name = Field("name"),
                Build = JsonSerializer.SerializeToElement(Field("build")),
                ProductType = productType,
                Sku = sku,
                Tags = Field("tags")?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                MonitoringAgentVersion = Field("monitoringAgentVersion"),
                DefenderClientVersion = Field("defenderClientVersion"),
            }, null)
            : Bad(line, "inventory.number-invalid", "productType and sku are whole numbers.");
    }

    private static bool NextLine(ref ReadOnlySequence<byte> buffer, bool completed, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }

        line = buffer;
        if (!completed || buffer.IsEmpty)
        {
            return false;
        }

        buffer = buffer.Slice(buffer.End);
        return true;
    }

    private static ImportRow? Parse(int line, ReadOnlySequence<byte> bytes)
    {
        var text = bytes.ToArray().AsSpan().Trim(" \t\r"u8);
        if (line == 1 && text.StartsWith("\uFEFF"u8))
        {
            text = text[3..];
        }

        if (text.IsEmpty)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<InventoryInput>(text, Json) is { } input
                ? new ImportRow(line, input, null)
                : Bad(line, "inventory.line-invalid", "The line is not a JSON object.");
        }
        catch (JsonException e)
        {
            var field = e.Path is { Length: > 2 } path ? path[2..] : "line";
            return new ImportRow(line, null, new ImportError(line, field, "inventory.line-invalid",
                $"The line is not the JSON of a device; see '{(field.Length <= 64 ? field : field[..64])}'. The fields are {string.Join(", ", Columns)}."));
        }
    }

    private static ImportRow Bad(int line, string code, string detail) => new(line, null, new ImportError(line, "line", code, detail));
}
