using System.Text;
using System.Text.Json;
using Atp.Core.Agent;
using Atp.Core.Devices;
using Azure;
using Azure.Storage.Queues;

namespace Atp.Cli.Client;

/// <summary>The device's side of the service: check-in and downloads over HTTP, reports through the queue.</summary>
/// <remarks>Throws as <see cref="AtpClient"/> does.</remarks>
public sealed class AgentClient(HttpClient http, Uri server, TimeProvider clock)
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    /// <param name="key">The device's credential.</param>
    /// <param name="inventory">When it changed since the device last said it; else null.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<CheckInAnswer> CheckInAsync(DeviceKey key, InventoryInput? inventory, CancellationToken ct)
    {
        var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new CheckIn(inventory), AtpClient.Json));
        body.Headers.ContentType = new("application/json");
        using var answer = await SendAsync(key, HttpMethod.Post, "/api/agent/check-in", body, ct);
        return await Http.ReadAsync<CheckInAnswer>(answer, ct);
    }

    /// <param name="key">The device's credential.</param>
    /// <param name="url">As the instructions name it.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<byte[]> DownloadAsync(DeviceKey key, string url, CancellationToken ct)
    {
        using var answer = await SendAsync(key, HttpMethod.Get, url, null, ct);
        await Http.ThrowIfRefusedAsync(answer, ct);
        return await answer.Content.ReadAsByteArrayAsync(ct);
    }

    /// <param name="key">The device's credential.</param>
    /// <param name="url">As the instructions name it.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<WorkspaceAnswer> GetWorkspaceAsync(DeviceKey key, string url, CancellationToken ct)
    {
        using var answer = await SendAsync(key, HttpMethod.Get, url, null, ct);
        return await Http.ReadAsync<WorkspaceAnswer>(answer, ct);
    }

    /// <summary>Signs the report and puts it into the queue.</summary>
    /// <param name="key">The device's credential.</param>
    /// <param name="queue">From the answer to the check-in.</param>
    /// <param name="report">What to say.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task ReportAsync(DeviceKey key, Uri queue, DeviceReport report, CancellationToken ct)
    {
        var client = new QueueClient(queue, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None });
        try
        {
            await client.SendMessageAsync(Signed(key, report), ct);
        }
        catch (RequestFailedException e)
        {
            throw new CommandException($"The report queue refused a report: HTTP {e.Status} {e.ErrorCode}.", e);
        }
    }

    /// <summary>Signs the report and posts it to the service, which puts it into the queue.</summary>
    /// <param name="key">The device's credential.</param>
    /// <param name="url">From the answer to the check-in.</param>
    /// <param name="report">What to say.</param>
    /// <param name="ct">Cancels.</param>
    public async Task PostReportAsync(DeviceKey key, string url, DeviceReport report, CancellationToken ct)
    {
        using var body = new StringContent(Signed(key, report), Encoding.UTF8, "application/json");
        using var answer = await SendAsync(key, HttpMethod.Post, url, body, ct);
        await Http.ThrowIfRefusedAsync(answer, ct);
    }

    private static string Signed(DeviceKey key, DeviceReport report)
    {
        var body = JsonSerializer.Serialize(report, DeviceReport.Json);
        return JsonSerializer.Serialize(
            new SignedReport(key.DeviceId, key.KeyVersion, body, DeviceSigning.SignReport(key.Key, Encoding.UTF8.GetBytes(body))),
            DeviceReport.Json);
    }

    private async Task<HttpResponseMessage> SendAsync(
        DeviceKey key, HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(server, path)) { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization",
            DeviceSigning.CreateToken(key.Key, key.DeviceId, key.KeyVersion, clock.GetUtcNow() + TokenLifetime));
        return await Http.SendAsync(http, request, ct);
    }
}
