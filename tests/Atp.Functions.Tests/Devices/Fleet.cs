using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Atp.Core.Health;
using Atp.Core.Storage;
using Atp.Functions.Tests.Http;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Devices;

/// <summary>What the tests of devices, collections, deployments and figures share.</summary>
internal static class Fleet
{
    public static AtpHostOptions Shards(int count, params string[] disabled) =>
        new() { Disabled = disabled, Settings = { ["Atp:Site:ShardCount"] = $"{count}" } };

    /// <summary>A change from a revision; without one, no If-Match is sent.</summary>
    public static async Task<HttpResponseMessage> ChangeAsync(
        this AtpHost host, HttpMethod method, string address, int? revision, object? body = null)
    {
        using var request = new HttpRequestMessage(method, address) { Content = body is null ? null : JsonContent.Create(body) };
        if (revision is not null)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{revision}\""));
        }

        return await host.Admin.SendAsync(request);
    }

    /// <summary>A collection from a body of its own; doesn't wait for its evaluation.</summary>
    public static async Task<string> PostCollectionAsync(this AtpHost host, object body) =>
        (string)(await (await host.Admin.PostAsJsonAsync("/api/collections", body)).JsonAsync(System.Net.HttpStatusCode.Created))["id"]!;

    /// <summary>From the revision that it is at.</summary>
    public static async Task<JsonObject> PatchCollectionAsync(this AtpHost host, string id, object edit)
    {
        var revision = (int)(await host.GetJsonAsync($"/api/collections/{id}"))["revision"]!;
        return await (await host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", revision, edit)).JsonAsync();
    }

    /// <summary>The evaluation of changed rules, on a host whose queue functions are driven by hand.</summary>
    public static async Task EvaluateByHandAsync(this AtpHost host)
    {
        await host.DeliverAsync(Queues.CollectionEvaluation);
        await host.DeliverAsync(Queues.CollectionShards);
    }

    /// <summary>The collections that a device is a member of.</summary>
    public static async Task<List<string>> CollectionsOfAsync(this AtpHost host, string deviceId) =>
        [.. (await host.GetJsonAsync($"/api/devices/{deviceId}"))["collections"]!.AsArray().Select(id => (string)id!)];

    public static Task<HttpResponseMessage> PutAsync(this AtpHost host, string deviceId, object inventory) =>
        host.Admin.PutAsJsonAsync($"/api/devices/{deviceId}", inventory);

    public static async Task<HttpResponseMessage> SendImportAsync(this AtpHost host, string text, string? mediaType)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = mediaType is null ? null : new MediaTypeHeaderValue(mediaType);
        return await host.Admin.PostAsync("/api/devices/import", content);
    }

    /// <summary>All items of a list, page by page.</summary>
    public static async Task<List<JsonNode>> ListAsync(this AtpHost host, string address)
    {
        var all = new List<JsonNode>();
        for (string? next = address; next is not null;)
        {
            var page = await host.GetJsonAsync(next);
            all.AddRange(page["value"]!.AsArray().Select(item => item!.DeepClone()));
            next = (string?)page["nextLink"];
        }

        return all;
    }

    /// <summary>The ids of a collection's members, sorted.</summary>
    public static async Task<List<string>> MembersAsync(this AtpHost host, string collectionId) =>
        [.. (await host.ListAsync($"/api/collections/{collectionId}/members?pageSize=1000")).Select(m => (string)m["deviceId"]!).Order(StringComparer.Ordinal)];

    public static async Task<int> MemberCountAsync(this AtpHost host, string collectionId) =>
        (int)(await host.GetJsonAsync($"/api/collections/{collectionId}"))["members"]!;

    /// <summary>Row keys and ETags: equal only when nobody wrote.</summary>
    public static async Task<Dictionary<string, string>> VersionsAsync(this AtpHost host, string table)
    {
        var versions = new Dictionary<string, string>();
        await foreach (var row in host.Table(table).QueryAsync<TableEntity>())
        {
            versions[$"{row.PartitionKey}/{row.RowKey}"] = row.ETag.ToString();
        }

        return versions;
    }

    /// <summary>Keys of the fleet table: device rows, assignments, and index rows (with the leading <c>!</c>).</summary>
    public static async Task<List<string>> FleetKeysAsync(this AtpHost host)
    {
        var keys = new List<string>();
        await foreach (var row in host.Table(TableNames.Fleet).QueryAsync<TableEntity>(select: ["RowKey"]))
        {
            keys.Add(row.RowKey);
        }

        return keys;
    }

    /// <summary>A roll-up on a host whose queue functions are driven by hand.</summary>
    public static async Task<RollUp> RollUpByHandAsync(this AtpHost host)
    {
        host.Clock.Advance(TimeSpan.FromMilliseconds(10));
        var run = await host.Get<RollUpService>().StartAsync(CancellationToken.None);
        await host.DeliverAsync(Queues.HealthShards);
        return run;
    }

    public static Task EmptyAsync(this AtpHost host, string queue) => Eventually.TrueAsync(async () =>
        (await host.Queue(queue).GetPropertiesAsync()).Value.ApproximateMessagesCount == 0);

    /// <summary>A 400 in the form of every problem, with this field among its errors; its code is the caller's to check.</summary>
    public static async Task<JsonObject> BadRequestAsync(this HttpResponseMessage answer, string field)
    {
        await answer.Content.LoadIntoBufferAsync();
        var code = (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())?["code"] ?? "";
        return await answer.ProblemAsync(System.Net.HttpStatusCode.BadRequest, code, field);
    }
}
