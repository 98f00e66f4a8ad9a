namespace Atp.Core.Storage;

/// <summary>Rules that every key of ours keeps.</summary>
public static class RowKeys
{
    /// <summary>Separates the parts of a key; sorts before every character that an id may hold.</summary>
    public const char Separator = '!';

    /// <summary>The end, exclusive, of the range of keys that are <paramref name="prefix"/> or <c>{prefix}!…</c>.</summary>
    public static string EndOf(string prefix) => $"{prefix}\"";

    /// <summary>The end, exclusive, of the range of keys that start with <paramref name="prefix"/> (which ends in the separator).</summary>
    public static string EndOfChildren(string prefix) => $"{prefix[..^1]}\"";
}
