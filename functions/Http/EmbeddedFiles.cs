using System.Reflection;
using Atp.Core.Errors;
using Microsoft.AspNetCore.Http;

namespace Atp.Functions.Http;

/// <summary>Files that the build embeds for browsers.</summary>
internal static class EmbeddedFiles
{
    /// <summary>
    /// What a page may do: run and show what comes from here, and ask only here. Swagger UI sets styles on elements and draws with
    /// images in its style sheet.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly Assembly Here = typeof(EmbeddedFiles).Assembly;

    /// <exception cref="DomainException">Not found.</exception>
    public static IResult Embedded(this HttpRequest request, string name)
    {
        var file = Here.GetManifestResourceNames().Contains(name) ? Here.GetManifestResourceStream(name) : null;
        if (file is null)
        {
            throw DomainError.NotFound("file.not-found", "There is no such file.").ToException();
        }

        request.HttpContext.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        request.HttpContext.Response.Headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Stream(file, Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        });
    }
}
