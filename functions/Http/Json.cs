using System.Text.Json;
using System.Text.Json.Serialization;
using Atp.Core.Requests;

namespace Atp.Functions.Http;

/// <summary>How the API's JSON is read and written.</summary>
public static class Json
{
    /// <summary>Unknown fields are errors, enums go by name, and depth is limited.</summary>
    public static JsonSerializerOptions In { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
        Converters = { new EnumByName() },
    };

    public static JsonSerializerOptions Out { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new EnumByName() },
    };
}
