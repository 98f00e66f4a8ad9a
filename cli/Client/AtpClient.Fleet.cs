using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Atp.Cli.Client;

/// <summary>One row of an import.</summary>
public sealed record DeviceRow(
    string DeviceId, string Name, int Build, int ProductType, int Sku, IReadOnlyList<string> Tags, string? MonitoringAgentVersion);

public sealed partial class AtpClient
{
    /// <summary>Streams the rows as NDJSON: none is kept in memory.</summary>
    public Task<ImportAnswer> ImportDevicesAsync(IEnumerable<DeviceRow> rows, CancellationToken ct) =>
        SendAsync<ImportAnswer>(HttpMethod.Post, "/api/devices/import", new RowsContent(rows), ct);

    /// <summary>Streams a file as it is.</summary>
    /// <param name="inventory">NDJSON or CSV.</param>
    /// <param name="mediaType"><c>application/x-ndjson</c> or <c>text/csv</c>.</param>
    /// <param name="ct">Cancels.</param>
    public Task<ImportAnswer> ImportDevicesAsync(Stream inventory, string mediaType, CancellationToken ct)
    {
        var content = new StreamContent(inventory);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return SendAsync<ImportAnswer>(HttpMethod.Post, "/api/devices/import", content, ct);
    }

    /// <param name="conditions">By name; those without a value are left out.</param>
    /// <param name="pageSize">1,000 at most.</param>
    /// <param name="ct">Cancels.</param>
    public IAsyncEnumerable<DeviceAnswer> ListDevicesAsync(
        IEnumerable<(string Name, string? Value)> conditions, int pageSize, CancellationToken ct) =>
        ListAsync<DeviceAnswer>(Query("/api/devices", conditions, pageSize), ct);

    public async Task<bool> HasDevicesAsync(CancellationToken ct) =>
        (await GetAsync<ListAnswer<DeviceAnswer>>("/api/devices?pageSize=1", ct)).Value.Count > 0;

    /// <summary>Gives devices their keys, which the service hands out this once.</summary>
    /// <param name="deviceIds">1,000 at most.</param>
    /// <param name="newKey">Replace keys that were handed out before.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>One for each id, in their order.</returns>
    public async Task<IReadOnlyList<EnrollmentAnswer>> EnrollAsync(IReadOnlyList<string> deviceIds, bool newKey, CancellationToken ct) =>
        (await PostAsync<EnrollmentsAnswer>("/api/devices/enroll", new { deviceIds, newKey }, ct)).Results;

    public Task<DeviceAnswer> GetDeviceAsync(string id, CancellationToken ct) =>
        GetAsync<DeviceAnswer>($"/api/devices/{Uri.EscapeDataString(id)}", ct);

    public Task<DeviceAnswer> RetireDeviceAsync(string id, string reason, string? replacedBy, CancellationToken ct) =>
        PostAsync<DeviceAnswer>($"/api/devices/{Uri.EscapeDataString(id)}/retire", new { reason, replacedBy }, ct);

    public Task BlockDeviceAsync(string id, bool blocked, CancellationToken ct) =>
        SendEmptyAsync(HttpMethod.Post, $"/api/devices/{Uri.EscapeDataString(id)}/{(blocked ? "block" : "unblock")}", null, ct);

    public Task DeleteDeviceAsync(string id, CancellationToken ct) =>
        SendEmptyAsync(HttpMethod.Delete, $"/api/devices/{Uri.EscapeDataString(id)}", null, ct);

    public Task<DeviceAnswer> ReinstateDeviceAsync(string id, CancellationToken ct) =>
        SendAsync<DeviceAnswer>(HttpMethod.Post, $"/api/devices/{Uri.EscapeDataString(id)}/reinstate", null, ct);

    public Task<CollectionAnswer> CreateCollectionAsync(CollectionBody collection, CancellationToken ct) =>
        PostAsync<CollectionAnswer>("/api/collections", collection, ct);

    /// <param name="id">The collection.</param>
    /// <param name="revision">The one that the edit starts from.</param>
    /// <param name="edit">What changes.</param>
    /// <param name="ct">Cancels.</param>
    public Task<CollectionAnswer> UpdateCollectionAsync(string id, int revision, CollectionBody edit, CancellationToken ct) =>
        PatchAsync<CollectionAnswer>($"/api/collections/{Uri.EscapeDataString(id)}", revision, edit, ct);

    public IAsyncEnumerable<CollectionAnswer> ListCollectionsAsync(CancellationToken ct) =>
        ListAsync<CollectionAnswer>("/api/collections", ct);

    public Task<CollectionAnswer> GetCollectionAsync(string id, CancellationToken ct) =>
        GetAsync<CollectionAnswer>($"/api/collections/{Uri.EscapeDataString(id)}", ct);

    /// <param name="id">The collection.</param>
    /// <param name="deviceIds">10,000 at most.</param>
    /// <param name="ct">Cancels.</param>
    public Task<MembersChangeAnswer> AddMembersAsync(string id, IReadOnlyList<string> deviceIds, CancellationToken ct) =>
        PostAsync<MembersChangeAnswer>($"/api/collections/{Uri.EscapeDataString(id)}/members/add", new { deviceIds }, ct);

    /// <param name="id">The collection.</param>
    /// <param name="deviceIds">10,000 at most.</param>
    /// <param name="ct">Cancels.</param>
    public Task<MembersChangeAnswer> RemoveMembersAsync(string id, IReadOnlyList<string> deviceIds, CancellationToken ct) =>
        PostAsync<MembersChangeAnswer>($"/api/collections/{Uri.EscapeDataString(id)}/members/remove", new { deviceIds }, ct);

    public IAsyncEnumerable<MemberAnswer> ListMembersAsync(string id, int pageSize, CancellationToken ct) =>
        ListAsync<MemberAnswer>(Query($"/api/collections/{Uri.EscapeDataString(id)}/members", [], pageSize), ct);

    /// <summary>Deletes a collection that no deployment in force targets.</summary>
    public Task DeleteCollectionAsync(string id, int revision, CancellationToken ct) =>
        SendEmptyAsync(HttpMethod.Delete, $"/api/collections/{Uri.EscapeDataString(id)}", revision, ct);

    /// <summary>Writes each row as it is asked for; the length isn't known beforehand.</summary>
    private sealed class RowsContent : HttpContent
    {
        private static readonly byte[] NewLine = "\n"u8.ToArray();
        private readonly IEnumerable<DeviceRow> rows;

        public RowsContent(IEnumerable<DeviceRow> rows)
        {
            this.rows = rows;
            Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            foreach (var row in rows)
            {
                await stream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(row, Json), cancellationToken);
                await stream.WriteAsync(NewLine, cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
