using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atp.Cli.Client;

/// <summary>
/// The administrator's side of the HTTP API. Every call throws <see cref="ProblemException"/> when the service refuses it, and
/// <see cref="CommandException"/> when it gives no answer.
/// </summary>
public sealed partial class AtpClient(HttpClient http, Uri server, TokenSource tokens)
{
    /// <summary>How bodies are written and read: camelCase, enums by name, nothing for null.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The API's root, without <c>/api</c>.</summary>
    public Uri Server { get; } = server;

    /// <summary>The token that the next call will carry.</summary>
    public Task<string> TokenAsync(CancellationToken ct) => tokens.GetAsync(ct);

    private Task<T> GetAsync<T>(string path, CancellationToken ct) => SendAsync<T>(HttpMethod.Get, path, null, ct);

    private Task<T> PostAsync<T>(string path, object body, CancellationToken ct) =>
        SendAsync<T>(HttpMethod.Post, path, JsonContent.Create(body, body.GetType(), options: Json), ct);

    /// <param name="path">The thing.</param>
    /// <param name="revision">The one that the edit starts from.</param>
    /// <param name="body">What changes.</param>
    /// <param name="ct">Cancels.</param>
    private Task<T> PatchAsync<T>(string path, int revision, object body, CancellationToken ct) =>
        SendAsync<T>(HttpMethod.Patch, path, JsonContent.Create(body, body.GetType(), options: Json), ct, revision);

    /// <summary>Follows <c>nextLink</c> to the end.</summary>
    private async IAsyncEnumerable<T> ListAsync<T>(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        for (string? next = path; next is not null;)
        {
            var page = await GetAsync<ListAnswer<T>>(next, ct);
            foreach (var item in page.Value)
            {
                yield return item;
            }

            next = page.NextLink;
        }
    }

    /// <summary>Sends no body, and gets none.</summary>
    /// <param name="method">What to do.</param>
    /// <param name="path">With which thing.</param>
    /// <param name="revision">The one that was looked at; null where it has none.</param>
    /// <param name="ct">Cancels.</param>
    private async Task SendEmptyAsync(HttpMethod method, string path, int? revision, CancellationToken ct)
    {
        using var answer = await SendAsync(method, path, null, revision, ct);
        await Http.ThrowIfRefusedAsync(answer, ct);
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken ct, int? revision = null)
    {
        using var answer = await SendAsync(method, path, content, revision, ct);
        return await Http.ReadAsync<T>(answer, ct);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, int? revision, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(Server, path)) { Content = content };
        if (revision is not null)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{revision}\""));
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.GetAsync(ct));
        if (method == HttpMethod.Post)
        {
            request.Headers.Add("Repeatability-Request-ID", Guid.NewGuid().ToString());
        }

        return await Http.SendAsync(http, request, ct);
    }
}

/// <summary>What both clients need of HTTP: one line when there is no answer, and problems as exceptions.</summary>
internal static class Http
{
    public static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            var server = request.RequestUri!.GetLeftPart(UriPartial.Authority);
            throw new NoAnswerException($"No answer from {server}: {e.Message} Is it running? `atp up` starts a local one.", e);
        }
        catch (TaskCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new NoAnswerException($"{request.Method} {request.RequestUri!.AbsolutePath} was not answered within {http.Timeout:g}.", e);
        }
    }

    /// <exception cref="ProblemException">When the status says failure.</exception>
    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken ct)
    {
        await ThrowIfRefusedAsync(answer, ct);
        try
        {
            return await answer.Content.ReadFromJsonAsync<T>(AtpClient.Json, ct) ?? throw new JsonException("The answer is empty.");
        }
        catch (JsonException e)
        {
            var request = answer.RequestMessage!;
            throw new CommandException($"The answer to {request.Method} {request.RequestUri!.AbsolutePath} can't be read: {e.Message}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new NoAnswerException($"The answer to {answer.RequestMessage!.RequestUri!.AbsolutePath} broke off: {e.Message}", e);
        }
    }

    public static async Task ThrowIfRefusedAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        if (answer.IsSuccessStatusCode)
        {
            return;
        }

        var status = (int)answer.StatusCode;
        ProblemBody? body = null;
        if (answer.Content.Headers.ContentType?.MediaType is { } type && type.EndsWith("json", StringComparison.Ordinal))
        {
            body = await answer.Content.ReadFromJsonAsync<ProblemBody>(AtpClient.Json, ct);
        }

        var request = answer.RequestMessage!;
        throw new ProblemException(
            status,
            body?.Code ?? $"http-{status}",
            body?.Detail ?? body?.Title ?? Fallback(answer.StatusCode, $"{request.Method} {request.RequestUri!.AbsolutePath}"),
            body?.Errors ?? new Dictionary<string, string[]>())
        {
            Preview = body?.Preview,
        };
    }

    private static string Fallback(HttpStatusCode status, string call) => status switch
    {
        HttpStatusCode.Unauthorized => $"{call}: the token is missing, expired, or not for this server.",
        HttpStatusCode.Forbidden => $"{call}: the token lacks the role for this.",
        HttpStatusCode.InternalServerError => $"{call}: the service failed. Its log says why.",
        _ => $"{call}: HTTP {(int)status} {status}.",
    };

    private sealed record ProblemBody(string? Code, string? Title, string? Detail, Dictionary<string, string[]>? Errors, DeploymentPreviewAnswer? Preview);
}
