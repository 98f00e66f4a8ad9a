using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Atp.Core.Agent;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Atp.Core.Storage;
using Microsoft.AspNetCore.Http;

namespace Atp.Functions.Http;

/// <summary>A list, a page at a time.</summary>
/// <param name="NextLink">The next page; absent on the last.</param>
public sealed record ListAnswer<T>(IReadOnlyList<T> Value, string? NextLink);

/// <summary>What every HTTP function shares.</summary>
public static partial class HttpExtensions
{
    public const int MaxPageSize = 1000;

    /// <summary>Of a list whose items cost a transaction or two each.</summary>
    public const int MaxDetailedPageSize = 100;

    private const int DefaultPageSize = 100;

    /// <summary>The administrator or device who calls.</summary>
    public static Caller Caller(this HttpRequest request) => (Caller)request.HttpContext.Items[typeof(Caller)]!;

    /// <summary>
    /// The network address that the call came from. The Functions host and a reverse proxy on this machine hand calls on from
    /// loopback, and say last in X-Forwarded-For whom they got it from; what the caller wrote there itself comes before.
    /// </summary>
    public static string? CallerAddress(this HttpContext http)
    {
        var peer = http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress;
        if (peer is null || !IPAddress.IsLoopback(peer))
        {
            return peer?.ToString();
        }

        var last = http.Request.Headers["X-Forwarded-For"].ToString().Split(',')[^1].Trim();
        return IPEndPoint.TryParse(last, out var forwardedBy) ? forwardedBy.Address.ToString() : peer.ToString();
    }

    /// <summary>The administrator who calls, with the roles of the token.</summary>
    public static Administrator Administrator(this HttpRequest request) => (Administrator)request.HttpContext.Items[typeof(Administrator)]!;

    /// <summary>The device that calls.</summary>
    public static DeviceToken DeviceToken(this HttpRequest request) => (DeviceToken)request.HttpContext.Items[typeof(DeviceToken)]!;

    /// <summary>The revision that a change was made from.</summary>
    /// <exception cref="DomainException">If-Match is missing (428) or isn't a revision.</exception>
    public static int RequireRevision(this HttpRequest request)
    {
        var given = request.Headers.IfMatch.ToString();
        if (given.Length == 0)
        {
            throw new DomainError(ErrorKind.PreconditionMissing, "request.if-match-missing",
                "Send If-Match with the ETag that you read, so that nobody's change is lost.").ToException();
        }

        return RevisionTag().Match(given) is { Success: true } match
            && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
                ? revision
                : throw DomainError.Field("If-Match", "request.if-match-invalid",
                    "If-Match is the ETag of the thing as you read it, in quotes: \"3\".").ToException();
    }

    /// <exception cref="DomainException">The page size is not from 1 to <paramref name="max"/>.</exception>
    public static int PageSize(this HttpRequest request, int max = MaxPageSize)
    {
        var text = request.Query["pageSize"].ToString();
        return text.Length == 0 ? DefaultPageSize
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size >= 1 && size <= max ? size
            : throw DomainError.Field("pageSize", "list.page-size-invalid", $"The page size is from 1 to {max}.").ToException();
    }

    public static string? Continuation(this HttpRequest request) => request.QueryText("continuation");

    /// <summary>Null when the query doesn't say.</summary>
    public static string? QueryText(this HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>A time in the query; UTC unless it says otherwise.</summary>
    /// <exception cref="DomainException">It isn't one.</exception>
    public static DateTimeOffset? QueryTime(this HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        return text.Length == 0 ? null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : throw DomainError.Field(name, "query.time-invalid", $"'{name}' is an ISO 8601 time, e.g. 2026-01-31T12:00:00Z.").ToException();
    }

    /// <summary>A whole number in the query, from 1.</summary>
    /// <exception cref="DomainException">It isn't one.</exception>
    public static int? QueryNumber(this HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 ? number
            : throw DomainError.Field(name, "query.number-invalid", $"'{name}' is a whole number from 1.").ToException();
    }

    /// <summary>True or false in the query; false when it isn't there.</summary>
    /// <exception cref="DomainException">It is neither.</exception>
    public static bool QueryFlag(this HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        return text.Length != 0 && (bool.TryParse(text, out var flag)
            ? flag
            : throw DomainError.Field(name, "query.flag-invalid", $"'{name}' is true or false.").ToException());
    }

    /// <summary>200, or another status, with the thing and its ETag.</summary>
    public static IResult Answer<T>(this HttpRequest request, T value, int? revision = null, int status = StatusCodes.Status200OK)
    {
        if (revision is not null)
        {
            request.HttpContext.Response.Headers.ETag = $"\"{revision}\"";
        }

        return TypedResults.Json(value, Json.Out, statusCode: status);
    }

    public static IResult Created<T>(this HttpRequest request, string location, T value, int revision)
    {
        request.HttpContext.Response.Headers.Location = location;
        return request.Answer(value, revision, StatusCodes.Status201Created);
    }

    /// <summary>202: the work goes on, and <paramref name="operation"/> tells how far it is.</summary>
    public static IResult Accepted<T>(this HttpRequest request, string operation, T value, int? revision = null)
    {
        request.HttpContext.Response.Headers["Operation-Location"] = operation;
        request.HttpContext.Response.Headers.Location = operation;
        return request.Answer(value, revision, StatusCodes.Status202Accepted);
    }

    public static IResult Listed<T>(this HttpRequest request, Page<T> page) => request.Answer(new ListAnswer<T>(page.Items,
        page.Continuation is null ? null : request.Path + NextQuery(request, page.Continuation)));

    /// <summary>A page of something that is small enough to be read whole; the continuation is the place in it.</summary>
    /// <exception cref="DomainException">Invalid continuation or page size.</exception>
    public static Page<T> PageOf<T>(this HttpRequest request, IReadOnlyList<T> all, int maxPageSize = MaxPageSize)
    {
        var size = request.PageSize(maxPageSize);
        var start = 0;
        if (request.Continuation() is { } continuation
            && !int.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out start))
        {
            throw DomainError.Field("continuation", "list.continuation-invalid", "Take the whole nextLink of the page before.").ToException();
        }

        return new Page<T>([.. all.Skip(start).Take(size)],
            start + size < all.Count ? (start + size).ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>The query as it was asked, with another place to go on from.</summary>
    private static QueryString NextQuery(HttpRequest request, string continuation) => QueryString.Create(
    [
        .. request.Query.Where(q => q.Key is not ("continuation" or "pageSize")),
        new("pageSize", request.PageSize().ToString(CultureInfo.InvariantCulture)),
        new("continuation", continuation),
    ]);

    [GeneratedRegex("^\"([0-9]{1,9})\"$")]
    private static partial Regex RevisionTag();
}
