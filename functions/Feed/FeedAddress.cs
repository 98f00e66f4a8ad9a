using System.Net;
using Microsoft.AspNetCore.Http;

namespace Atp.Functions.Feed;

internal static class FeedAddress
{
    private const string Name = "/feed";

    /// <summary>
    /// The address of the feed as its reader sees it, with a slash at the end: all that it links to is below it. The Functions host
    /// and a reverse proxy on this machine hand calls on from loopback, and say last what they were asked for.
    /// </summary>
    public static Uri Of(HttpRequest request)
    {
        var path = request.Path.Value![..(request.Path.Value!.LastIndexOf(Name, StringComparison.OrdinalIgnoreCase) + Name.Length)] + "/";
        string Forwarded(string header) => request.Headers[header].ToString().Split(',')[^1].Trim();
        return IPAddress.IsLoopback(request.HttpContext.Connection.RemoteIpAddress ?? IPAddress.None)
            && TryHttp($"{Forwarded("X-Forwarded-Proto")}://{Forwarded("X-Forwarded-Host")}{path}", out var forwarded) ? forwarded
            : TryHttp($"{request.Scheme}://{request.Host}{path}", out var own) ? own
            : new Uri($"http://localhost{path}");
    }

    private static bool TryHttp(string text, out Uri address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address!) && address is { Host.Length: > 0, Scheme: "http" or "https" };
}
