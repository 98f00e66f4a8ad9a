using System.Text.RegularExpressions;
using Atp.Core.Errors;

namespace Atp.Core.Devices;

/// <summary>1 to 64 of <c>[A-Za-z0-9._:-]</c>, kept in lower case.</summary>
public static partial class DeviceId
{
    internal const string Rule = "A device id is 1 to 64 characters: letters, digits, dot, underscore, colon and hyphen.";

    public static bool TryParse(string? text, out string id)
    {
        id = text?.ToLowerInvariant() ?? "";
        // As it came: some letters beyond ASCII turn into ASCII ones in lower case.
        return Allowed().IsMatch(text ?? "");
    }

    /// <exception cref="DomainException">When the text can't be a device id.</exception>
    public static string Parse(string? text, string field = "deviceId") => TryParse(text, out var id)
        ? id
        : throw DomainError.Field(field, "device.id-invalid", Rule).ToException();

    [GeneratedRegex(@"\A[A-Za-z0-9._:-]{1,64}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Allowed();
}
