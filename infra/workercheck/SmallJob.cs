using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Atp.Local;
using Atp.SelfHost;
using Azure.Storage.Queues;

namespace Atp.WorkerCheck;

/// <summary>A published folder at work over a local stack: HTTP, queue and timer functions, each as the host would start them.</summary>
internal static class SmallJob
{
    private static readonly (string Queue, string Function)[] Queues =
    [
        ("collection-evaluation", "EvaluateCollection"), ("collection-shards", "EvaluateShard"),
        ("health-shards", "RollUpShard"), ("device-reports", "IngestReports"),
    ];

    /// <param name="folder">What <c>dotnet publish</c> made.</param>
    /// <param name="listed">Told what the worker lists.</param>
    /// <param name="ct">Ends it early.</param>
    /// <exception cref="CheckFailedException">Something isn't as it is on the self-host.</exception>
    public static async Task RunAsync(string folder, Action<IReadOnlyList<FunctionDescription>> listed, CancellationToken ct)
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(), ct);
        var account = stack.Azurite.Accounts[0];
        var settings = new Dictionary<string, string?>(stack.Settings(account)) { ["Atp:Site:ShardCount"] = "2" };
        await using var host = await WorkerHost.StartAsync(folder, settings, ct);
        var queues = new QueueServiceClient(account.ConnectionString, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None });
        Expect(await queues.GetQueueClient("device-reports").ExistsAsync(ct), "The worker takes work before the site is set up.");

        await host.LoadAsync(ct);
        listed(host.Functions);

        var token = stack.Tokens.CreateToken(new TokenRequest
        {
            Subject = "worker-check",
            Name = "Worker check",
            Audience = stack.Audience,
            Roles = LocalStack.AllRoles,
        });
        await CallAsync("GetSite", new(HttpMethod.Get, "api/site"), HttpStatusCode.Unauthorized);
        await CallAsync("GetDashboard", new(HttpMethod.Get, "api/dashboard/"), HttpStatusCode.OK);
        var refused = await CallAsync("CreateCollection", Authorized(new(HttpMethod.Post, "api/collections")
        {
            Content = JsonContent.Create(new { name = "", unheardOf = true }),
        }), HttpStatusCode.BadRequest);
        Expect(refused.TryGetProperty("errors", out _), $"A refusal has no errors by field: {refused}");
        var collection = await CallAsync("CreateCollection", Authorized(new(HttpMethod.Post, "api/collections")
        {
            Content = JsonContent.Create(new { name = "All Windows 10", rules = new[] { new { operatingSystem = "Windows 10*" } } }),
        }), HttpStatusCode.Created);
        var address = $"api/collections/{collection.GetProperty("id")}";
        await CallAsync("GetCollection", Authorized(new(HttpMethod.Get, address)), HttpStatusCode.OK);

        await queues.GetQueueClient("device-reports").SendMessageAsync("no report", ct);
        await host.FireAsync("RollUpHealth", ct);
        await host.FireAsync("Reconcile", ct);
        var delivered = await DeliverAllAsync(host, queues, ct);
        Expect(Queues.All(q => delivered.Contains(q.Function)), $"Queue functions that ran: {string.Join(", ", delivered)} only.");

        var summary = await CallAsync("GetHealthSummary", Authorized(new(HttpMethod.Get, "api/health/summary")), HttpStatusCode.OK);
        Expect(summary.GetProperty("asOf").ValueKind == JsonValueKind.String, $"The roll-up left no figures: {summary}");
        Expect(await host.TerminateAsync(ct) == 0, "The worker fails when it ends.");
        Console.WriteLine($"The worker started over a new site, answered HTTP, ran its timers and {delivered.Count} queue functions, and ended");

        HttpRequestMessage Authorized(HttpRequestMessage request)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return request;
        }

        async Task<JsonElement> CallAsync(string function, HttpRequestMessage request, HttpStatusCode expected)
        {
            using var answer = await host.CallAsync(function, request, ct);
            var body = await answer.Content.ReadAsStringAsync(ct);
            Expect(answer.StatusCode == expected, $"{function} answers {(int)answer.StatusCode}, not {(int)expected}: {body}");
            var type = answer.Content.Headers.ContentType?.MediaType;
            Expect(type == ((int)expected >= 400 ? "application/problem+json" : type == "text/html" ? type : "application/json"),
                $"{function} answers {type}.");
            return type == "text/html" ? default : JsonElement.Parse(body);
        }
    }

    /// <summary>Until nothing is left: messages make messages.</summary>
    private static async Task<HashSet<string>> DeliverAllAsync(WorkerHost host, QueueServiceClient queues, CancellationToken ct)
    {
        var ran = new HashSet<string>();
        bool any;
        do
        {
            any = false;
            foreach (var (name, function) in Queues)
            {
                var queue = queues.GetQueueClient(name);
                foreach (var message in (await queue.ReceiveMessagesAsync(32, cancellationToken: ct)).Value)
                {
                    await host.DeliverAsync(function, message.Body, ct);
                    await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, ct);
                    (any, _) = (true, ran.Add(function));
                }
            }
        }
        while (any);
        return ran;
    }

    private static void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new CheckFailedException(otherwise);
        }
    }
}
