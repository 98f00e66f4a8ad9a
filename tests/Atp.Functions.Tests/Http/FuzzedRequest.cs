using System.Text;

namespace Atp.Functions.Tests.Http;

/// <summary>Who sends a fuzzed request.</summary>
internal enum Sender
{
    Administrator,
    Device,
    Nobody,

    /// <summary>With a credential that is none.</summary>
    Impostor,
}

/// <summary>The ids that a fuzzed request may name, by the name of the path's parameter.</summary>
/// <param name="Kept">What no fuzzed request may change: changes are asked of it in ways only that can't be granted.</param>
/// <param name="Fodder">Of the same kinds; here anything may happen.</param>
internal sealed record FuzzTargets(IReadOnlyDictionary<string, string> Kept, IReadOnlyDictionary<string, string> Fodder);

/// <summary>A request as it goes over the wire.</summary>
/// <param name="RawTarget">Path and query, not made canonical.</param>
/// <param name="MayNotReachAFunction">The server itself may refuse it, without a body.</param>
internal sealed record FuzzedRequest(
    int Number, HttpMethod Method, string RawTarget, Sender Sender, IReadOnlyList<(string Name, string Value)> Headers,
    byte[]? Body, string? ContentType, bool MayNotReachAFunction)
{
    public override string ToString()
    {
        var headers = string.Join(", ", Headers.Select(h => $"{h.Name}: {Short(h.Value)}"));
        var body = Body is null ? "no body" : $"{Body.Length} bytes: {Short(Encoding.Latin1.GetString(Body))}";
        return $"#{Number} {Sender}: {Method} {Short(RawTarget)} [{headers}] {ContentType} {body}";
    }

    private static string Short(string text) => text.Length <= 400 ? text : text[..400] + "…";
}
