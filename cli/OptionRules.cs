using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Atp.Cli;

internal static partial class OptionRules
{
    /// <summary>An option that takes <c>90s</c>, <c>10m</c> or <c>1.5h</c>.</summary>
    public static Option<TimeSpan> Duration(string name, string description, TimeSpan standard) => new(name)
    {
        Description = description,
        HelpName = "90s|10m|1.5h",
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            var match = DurationText().Match(result.Tokens[0].Value);
            if (match.Success && double.TryParse(match.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number is > 0 and < 100_000)
            {
                return match.Groups[2].Value switch
                {
                    "s" => TimeSpan.FromSeconds(number),
                    "m" => TimeSpan.FromMinutes(number),
                    _ => TimeSpan.FromHours(number),
                };
            }

            result.AddError($"{name} {result.Tokens[0].Value}: give a time such as 90s, 10m or 1.5h.");
            return standard;
        },
    };

    /// <summary>One of some words, in any case; the value is as it is spelled here.</summary>
    public static Option<string?> OneOf(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name)
        {
            Description = description,
            HelpName = string.Join('|', values),
            CustomParser = result =>
            {
                var given = result.Tokens[0].Value;
                var value = values.FirstOrDefault(value => value.Equals(given, StringComparison.OrdinalIgnoreCase));
                if (value is null)
                {
                    result.AddError($"{name} is {string.Join(", ", values[..^1])} or {values[^1]}, not '{given}'.");
                }

                return value;
            },
        };
        option.CompletionSources.Add(values);
        return option;
    }

    /// <summary>As <see cref="OneOf(string, string, string[])"/>, the first unless told.</summary>
    public static Option<string?> OneOfOrFirst(string name, string description, params string[] values)
    {
        var option = OneOf(name, description, values);
        option.DefaultValueFactory = _ => values[0];
        return option;
    }

    /// <summary>A number outside, and what is no number at all, is wrong usage.</summary>
    public static void MustBeBetween(this Option option, int lowest, int highest) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token]
            && !(int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest))
        {
            result.AddError($"{option.Name} is a number from {lowest} to {highest}, not '{token.Value}'.");
        }
    });

    [GeneratedRegex(@"^([0-9.]+)([smh])\z")]
    private static partial Regex DurationText();
}
