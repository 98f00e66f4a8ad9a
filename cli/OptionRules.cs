using System.CommandLine;
using System.Globalization;

namespace Atp.Cli;

internal static class OptionRules
{
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
}
