using System.Collections.Concurrent;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Atp.Core.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Atp.Functions.Http;

/// <summary>Files that the build embeds for browsers. They ask again each time whether theirs is still the one, and get it only if it isn't.</summary>
internal static class EmbeddedFiles
{
    private static readonly Assembly Here = typeof(EmbeddedFiles).Assembly;
    private static readonly ConcurrentDictionary<string, EmbeddedFile?> Files = new();

    /// <param name="request">The call.</param>
    /// <param name="name">The file's, with its folder.</param>
    /// <param name="contentSecurityPolicy">What a page may do.</param>
    /// <exception cref="DomainException">Not found.</exception>
    public static IResult Embedded(this HttpRequest request, string name, string contentSecurityPolicy)
    {
        var file = Files.GetOrAdd(name, Read) ?? throw DomainError.NotFound("file.not-found", "There is no such file.").ToException();
        var headers = request.HttpContext.Response.Headers;
        headers.CacheControl = "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.ContentSecurityPolicy = contentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        var compressed = request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (compressed)
        {
            headers.ContentEncoding = "gzip";
        }

        return TypedResults.Bytes(
            compressed ? file.Compressed : file.Content, file.ContentType, entityTag: new EntityTagHeaderValue(compressed ? $"\"{file.Hash}-gzip\"" : $"\"{file.Hash}\""));
    }

    private static EmbeddedFile? Read(string name)
    {
        if (!Here.GetManifestResourceNames().Contains(name))
        {
            return null;
        }

        using var resource = Here.GetManifestResourceStream(name)!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return new EmbeddedFile(content, compressed.ToArray(), Convert.ToHexStringLower(SHA256.HashData(content))[..32], Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".txt" => "text/plain; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        });
    }

    private sealed record EmbeddedFile(byte[] Content, byte[] Compressed, string Hash, string ContentType);
}
