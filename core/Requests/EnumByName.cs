using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atp.Core.Requests;

/// <summary>
/// Reads and writes an enum as exactly one of its names, in any case. The platform's own converter also takes several names
/// joined by commas, and adds them up.
/// </summary>
public sealed class EnumByName : JsonConverterFactory
{
    /// <summary>One of the names, in any case; no number, and no several of them.</summary>
    public static bool TryParse<T>(string text, out T value)
        where T : struct, Enum => Of<T>.Values.TryGetValue(text, out value);

    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert))!;

    private sealed class Of<T> : JsonConverter<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<string, T> Values =
            Enum.GetValues<T>().ToDictionary(value => value.ToString(), StringComparer.OrdinalIgnoreCase);

        /// <exception cref="JsonException">Not a string, or not one of the names.</exception>
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && Values.TryGetValue(reader.GetString()!, out var value) ? value : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
