using System.CommandLine;
using System.Globalization;

namespace Atp.Cli;

internal static class OptionRules
{
    /// <summary>A number outside is wrong usage; what is no number at all, the parser refuses itself.</summary>
    public static void MustBeBetween(this Option option, int lowest, int highest) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token]
            && int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && (number < lowest || number > highest))
        {
            result.AddError($"{option.Name} must be {lowest} to {highest}.");
        }
    });
}
