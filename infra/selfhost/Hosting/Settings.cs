using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Atp.SelfHost.Hosting;

/// <summary><c>%Setting%</c> in attributes stands for a setting's value.</summary>
internal static partial class Settings
{
    public static bool TryResolve(string text, IConfiguration configuration, out string resolved, out string? missing)
    {
        string? absent = null;
        resolved = Placeholder().Replace(text, match =>
        {
            var name = match.Groups[1].Value;
            if (configuration[name] is { } value)
            {
                return value;
            }

            absent ??= name;
            return match.Value;
        });
        missing = absent;
        return absent is null;
    }

    /// <summary>For names that were checked at start.</summary>
    public static string Resolve(string text, IConfiguration configuration) =>
        TryResolve(text, configuration, out var resolved, out var missing)
            ? resolved
            : throw new InvalidOperationException($"The setting '{missing}' is missing.");

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex Placeholder();
}
