using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Atp.Core.Errors;

namespace Atp.Core.Requests;

/// <summary>
/// Makes the serializer's complaints errors for people. Its messages quote types and input, so only the place and the kind of
/// mistake are told.
/// </summary>
public static partial class JsonErrors
{
    private const int LongestName = 64;

    public static DomainError Explain(JsonException e)
    {
        if (e.InnerException is JsonException syntax)
        {
            return DomainError.Field("body", "body.json-invalid", string.Create(CultureInfo.InvariantCulture,
                $"The body is not JSON: it can't be read on from line {syntax.LineNumber + 1}, byte {syntax.BytePositionInLine + 1}."));
        }

        var place = e.Path is null or "$" ? "" : e.Path[1..].TrimStart('.');
        var field = place.Length == 0 ? "body" : Shown(place);
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            return DomainError.Field(field, "body.unknown-field", $"There is no field '{field}'.");
        }

        if (e.Message.StartsWith("Duplicate property", StringComparison.Ordinal))
        {
            return DomainError.Field(field, "body.field-repeated", $"The field '{field}' comes more than once.");
        }

        return e.Message.Contains("missing required properties", StringComparison.Ordinal)
            ? Missing(e.Message, place)
            : DomainError.Field(field, "body.value-invalid", $"The value of '{field}' is not of the expected type.");
    }

    /// <summary>A name that the caller made up, short enough to show.</summary>
    public static string Shown(string name) => name.Length <= LongestName ? name : name[..LongestName];

    private static DomainError Missing(string message, string place)
    {
        var fields = QuotedName().Matches(message[message.IndexOf(':', StringComparison.Ordinal)..])
            .Select(m => place.Length == 0 ? m.Groups[1].Value : $"{place}.{m.Groups[1].Value}").ToList();
        return new DomainError(ErrorKind.Invalid, "body.field-missing", $"The body lacks {string.Join(", ", fields)}.")
        {
            Fields = fields.ToDictionary(field => field, field => new[] { $"The field '{field}' is missing." }),
        };
    }

    [GeneratedRegex("'([A-Za-z]+)'")]
    private static partial Regex QuotedName();
}
