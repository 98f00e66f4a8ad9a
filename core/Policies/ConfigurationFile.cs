using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Atp.Core.Errors;

namespace Atp.Core.Policies;

/// <summary>
/// A Defender onboarding or offboarding file: a JSON object with <c>body</c> (itself JSON, as text), <c>sha256sig</c>,
/// <c>cert</c> and <c>chain</c>.
/// </summary>
/// <param name="Kind">Told from the body.</param>
/// <param name="Facts">What may be told of it.</param>
/// <param name="Warnings">A signature that failed, where the site allows that.</param>
public sealed record ConfigurationFile(PolicyKind Kind, ConfigurationFileFacts Facts, IReadOnlyList<string> Warnings)
{
    /// <param name="fileName">The file's own name.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="verifier">Checks the signature.</param>
    /// <param name="now">UTC; an offboarding file that has expired by then is refused.</param>
    /// <exception cref="DomainException">Invalid, with the field and a code that says what is wrong.</exception>
    public static ConfigurationFile Read(string fileName, byte[] content, SignatureVerifier verifier, DateTimeOffset now)
    {
        using var outer = Parse(content, "The configuration file is not valid JSON; it may be cut off. Download the package again.");
        var body = Text(outer.RootElement, "body");
        var warnings = verifier.Verify(
            body, Text(outer.RootElement, "sha256sig"), Text(outer.RootElement, "cert"), Texts(outer.RootElement, "chain"));
        Text(outer.RootElement, "sig");

        using var inner = Parse(System.Text.Encoding.UTF8.GetBytes(body), "The body of the configuration file is not valid JSON.");
        var expires = Expiry(inner.RootElement);
        var isOnboarding = inner.RootElement.TryGetProperty("geoLocationUrl", out _);
        if (isOnboarding == expires is not null)
        {
            throw Invalid("kind-unknown", "The file is neither an onboarding nor an offboarding file.");
        }

        if (expires <= now)
        {
            throw Invalid("expired", string.Create(CultureInfo.InvariantCulture,
                $"The offboarding file expired on {expires:yyyy-MM-dd HH:mm} UTC. Download a new one."));
        }

        var orgId = Text(inner.RootElement, "orgId");
        return new ConfigurationFile(
            isOnboarding ? PolicyKind.Onboarding : PolicyKind.Offboarding,
            new ConfigurationFileFacts(
                fileName,
                Convert.ToHexStringLower(SHA256.HashData(content)),
                content.Length,
                Guid.TryParse(orgId, out var org) ? org.ToString() : throw Invalid("json-invalid", "The organisation in the file is not a GUID."),
                Text(inner.RootElement, "version"),
                expires,
                inner.RootElement.TryGetProperty("packageGuid", out var package) && package.ValueKind == JsonValueKind.String
                    ? package.GetString() : null),
            warnings);
    }

    internal static DomainException Invalid(string code, string detail) =>
        DomainError.Field(PackageReader.Field, $"configuration-file.{code}", detail).ToException();

    private static JsonDocument Parse(byte[] json, string problem)
    {
        try
        {
            // Files saved by some editors start with a byte order mark.
            var text = json.AsMemory(json.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
            var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                ReadTexts(document.RootElement);
                return document;
            }

            document.Dispose();
            throw Invalid("json-invalid", problem);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw DomainError.Field(PackageReader.Field, "configuration-file.json-invalid", problem).ToException(e);
        }
    }

    /// <summary>Half a character, or bytes that are no UTF-8, show only when a text is read: so all are, once.</summary>
    /// <exception cref="InvalidOperationException">A text can't be read.</exception>
    private static void ReadTexts(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                json.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray())
                {
                    ReadTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    _ = property.Name;
                    ReadTexts(property.Value);
                }

                break;
        }
    }

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw Invalid("json-invalid", $"The configuration file has no '{name}'. Download the package again.");

    private static List<string> Texts(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() <= 8 && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Invalid("json-invalid", $"The configuration file has no list '{name}'. Download the package again.");

    /// <summary>A Windows FILETIME, UTC, as a number or as its text.</summary>
    private static DateTimeOffset? Expiry(JsonElement body)
    {
        if (!body.TryGetProperty("expirationTimestamp", out var value))
        {
            return null;
        }

        var isNumber = value.ValueKind == JsonValueKind.Number ? value.TryGetInt64(out var fileTime)
            : long.TryParse(value.ValueKind == JsonValueKind.String ? value.GetString() : null, CultureInfo.InvariantCulture, out fileTime);
        return isNumber && fileTime is > 0 and < 2650467743990000000 // the year 9999
            ? DateTimeOffset.FromFileTime(fileTime).ToUniversalTime()
            : throw Invalid("json-invalid", "The expiry in the offboarding file is not a Windows file time.");
    }
}
