using System.ComponentModel;

namespace Atp.SelfHost.Http;

/// <summary>Route values bind to parameters by name.</summary>
internal static class RouteValue
{
    public static bool CanBe(Type type) => type == typeof(string) || TypeDescriptor.GetConverter(Underlying(type)).CanConvertFrom(typeof(string));

    /// <returns>False when the text isn't one of that type: there is no such resource then.</returns>
    public static bool TryConvert(string? text, Type type, out object? value)
    {
        value = text;
        if (type == typeof(string) || text is null)
        {
            return true;
        }

        try
        {
            value = TypeDescriptor.GetConverter(Underlying(type)).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static Type Underlying(Type type) => Nullable.GetUnderlyingType(type) ?? type;
}
