using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Atp.Core.Agent;
using Atp.Core.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Options;

namespace Atp.Functions.Http;

/// <summary>
/// Makes expected failures of HTTP calls RFC 9457 problems. Other triggers, and other exceptions, pass through to the host.
/// </summary>
public sealed class ProblemMiddleware(IOptions<EntraOptions> entra) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (DomainException e) when (context.GetHttpContext() is not null)
        {
            context.GetInvocationResult().Value = ToProblem(e.Error, context);
        }
        catch (BadHttpRequestException e) when (context.GetHttpContext() is not null)
        {
            context.GetInvocationResult().Value = ToProblem(RequestBody.Unreadable(e, context.GetHttpContext()!), context);
        }
    }

    private ProblemHttpResult ToProblem(DomainError error, FunctionContext context)
    {
        var http = context.GetHttpContext()!;
        var (status, title) = error.Kind switch
        {
            ErrorKind.Invalid => (400, "The request is not valid."),
            ErrorKind.Unauthenticated => (401, "The caller is not known."),
            ErrorKind.Forbidden => (403, "The caller may not do this."),
            ErrorKind.NotFound => (404, "The resource was not found."),
            ErrorKind.NotAcceptable => (406, "The answer has no form that the caller accepts."),
            ErrorKind.Conflict => (409, "The request conflicts with existing state."),
            ErrorKind.Stale => (412, "The resource changed meanwhile."),
            ErrorKind.TooLarge => (413, "The request is too large."),
            ErrorKind.UnsupportedContent => (415, "The content type is not supported."),
            ErrorKind.RepeatedWithOtherBody => (422, "The request repeats another one with a different body."),
            ErrorKind.PreconditionMissing => (428, "The request needs If-Match."),
            ErrorKind.TooManyRequests => (429, "The caller asks too often."),
            ErrorKind.Unavailable => (503, "The resource can't be had at present."),
            _ => throw new UnreachableException($"Unmapped error kind {error.Kind}."),
        };
        if (status == 401)
        {
            http.Response.Headers.WWWAuthenticate =
                AccessMiddleware.AccessOf(context.FunctionDefinition.EntryPoint) is DeviceAccessAttribute ? DeviceSigning.TokenScheme : entra.Value.Challenge;
        }

        if (error.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var more = new Dictionary<string, object?> { ["code"] = error.Code, ["traceId"] = Activity.Current?.Id };
        if (error.Fields.Count > 0)
        {
            more["errors"] = error.Fields;
        }

        foreach (var (name, value) in error.Extensions)
        {
            more[name] = JsonSerializer.SerializeToElement(value, value.GetType(), Json.Out);
        }

        return TypedResults.Problem(error.Detail, http.Request.Path, status, title, $"urn:atp:problem:{error.Code}", more);
    }
}
