using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Atp.Functions.Http;

/// <summary>Reads bodies: everything that is wrong with one becomes an error for people, with the field that was wrong.</summary>
public static class RequestBody
{
    public const int MaxBytes = 1024 * 1024;

    /// <summary>A file of 1 MiB in base64, and what is around it.</summary>
    public const int MaxWithFileBytes = (MaxBytes * 4 / 3) + (64 * 1024);

    /// <summary>The JSON body, and the change that it asks for.</summary>
    /// <exception cref="DomainException">Unsupported content, too large, or invalid by field.</exception>
    public static async Task<(T Body, ChangeRequest Change)> ReadJsonAsync<T>(
        this HttpRequest request, CancellationToken ct, int maxBytes = MaxBytes)
    {
        var bytes = await request.ReadJsonBytesAsync(maxBytes, ct);
        return (Parse<T>(bytes), request.Change(SHA256.HashData(bytes)));
    }

    /// <summary>A body of JSON as it came, for what is passed on byte for byte.</summary>
    /// <exception cref="DomainException">Unsupported content, or too large.</exception>
    public static async Task<byte[]> ReadJsonBytesAsync(this HttpRequest request, int maxBytes, CancellationToken ct)
    {
        if (!request.HasJsonContentType())
        {
            throw new DomainError(ErrorKind.UnsupportedContent, "body.content-type", "Send the body as application/json.").ToException();
        }

        return await ReadBytesAsync(request, maxBytes, ct);
    }

    /// <summary>A change without a body.</summary>
    public static ChangeRequest EmptyChange(this HttpRequest request) => request.Change(SHA256.HashData([]));

    /// <summary>Multipart fields by name, and the files by the name of their field. Nothing is written to disk.</summary>
    /// <exception cref="DomainException">Too large, or invalid by field.</exception>
    public static async Task<(IReadOnlyDictionary<string, string> Fields, IReadOnlyDictionary<string, IFormFile> Files, ChangeRequest Change)>
        ReadFormAsync(this HttpRequest request, IReadOnlyCollection<string> fields, string file, CancellationToken ct)
    {
        request.LimitTo(MaxWithFileBytes);
        IFormCollection form;
        try
        {
            form = await new FormFeature(request, new FormOptions
            {
                MultipartBodyLengthLimit = MaxWithFileBytes,
                MemoryBufferThreshold = MaxWithFileBytes,
                ValueLengthLimit = 16 * 1024,
                ValueCountLimit = 64,
            }).ReadFormAsync(ct);
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw DomainError.Field("body", "body.form-invalid", "The multipart form can't be read: it is cut off, or not written as one.").ToException(e);
        }

        var errors = new FieldErrors();
        foreach (var unknown in form.Keys.Except(fields).Concat(form.Files.Select(f => f.Name).Where(n => n != file)).Distinct())
        {
            errors.Add(JsonErrors.Shown(unknown), "body.unknown-field", $"There is no field '{JsonErrors.Shown(unknown)}'. The fields are {string.Join(", ", fields)} and the file {file}.");
        }

        foreach (var repeated in form.Where(f => f.Value.Count > 1).Select(f => f.Key)
            .Concat(form.Files.GroupBy(f => f.Name).Where(g => g.Count() > 1).Select(g => g.Key)))
        {
            errors.Add(JsonErrors.Shown(repeated), "body.field-repeated", $"The field '{JsonErrors.Shown(repeated)}' comes more than once.");
        }

        errors.ThrowIfAny();
        var values = form.ToDictionary(f => f.Key, f => f.Value.ToString());
        var files = form.Files.ToDictionary(f => f.Name);
        return (values, files, request.Change(await HashAsync(values, files, ct)));
    }

    /// <summary>Refuses more than this: at once when the request says its length, else as soon as that many bytes have come.</summary>
    /// <exception cref="DomainException">Too large.</exception>
    public static void LimitTo(this HttpRequest request, long maxBytes)
    {
        if (request.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }
    }

    /// <summary>What the server found wrong while a body was being read.</summary>
    internal static DomainError Unreadable(BadHttpRequestException e, HttpContext http) =>
        e.StatusCode == StatusCodes.Status413PayloadTooLarge
            ? TooLargeError(http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? MaxBytes)
            : DomainError.Field("body", "body.incomplete", "The body ended before it was complete. Send the request again.");

    /// <summary>The file of a form, whole.</summary>
    public static async Task<byte[]> ReadAllAsync(this IFormFile file, CancellationToken ct)
    {
        var content = new byte[file.Length];
        await using var stream = file.OpenReadStream();
        await stream.ReadExactlyAsync(content, ct);
        return content;
    }

    private static ChangeRequest Change(this HttpRequest request, byte[] hash)
    {
        var id = request.Headers["Repeatability-Request-ID"].ToString();
        if (id.Length > 0 && !Guid.TryParse(id, out _))
        {
            throw DomainError.Field("Repeatability-Request-ID", "request.repeatability-id-invalid",
                "The Repeatability-Request-ID is a UUID that you make for each new request.").ToException();
        }

        // The address is part of what is asked: the same id for another thing is another request.
        var asked = SHA256.HashData([.. Encoding.UTF8.GetBytes($"{request.Method} {request.Path}\n"), .. hash]);
        return new ChangeRequest(request.Caller(), id.Length == 0 ? null : Guid.Parse(id).ToString(), Convert.ToHexStringLower(asked));
    }

    /// <summary>Over fields and file, not over the encoding: a repeat has another boundary.</summary>
    private static async Task<byte[]> HashAsync(
        Dictionary<string, string> fields, Dictionary<string, IFormFile> files, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in fields.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{value.Length}\n{value}\n"));
        }

        foreach (var (name, file) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{file.FileName}\n"));
            hash.AppendData(await file.ReadAllAsync(ct));
        }

        return hash.GetHashAndReset();
    }

    private static async Task<byte[]> ReadBytesAsync(HttpRequest request, int maxBytes, CancellationToken ct)
    {
        request.LimitTo(maxBytes);
        var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, ct)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > maxBytes)
            {
                throw TooLarge(maxBytes);
            }
        }

        return buffer.ToArray();
    }

    private static DomainException TooLarge(long maxBytes) => TooLargeError(maxBytes).ToException();

    private static DomainError TooLargeError(long maxBytes) =>
        new(ErrorKind.TooLarge, "body.too-large", $"The body has {maxBytes:N0} bytes at most.");

    private static T Parse<T>(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Json.In)
                ?? throw DomainError.Field("body", "body.json-invalid", "The body is null; send a JSON object.").ToException();
        }
        catch (JsonException e)
        {
            throw JsonErrors.Explain(e).ToException(e);
        }
    }
}
