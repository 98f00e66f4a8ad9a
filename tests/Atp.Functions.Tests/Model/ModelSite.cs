using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Atp.Core.Health;
using Atp.Local.SamplePackages;

namespace Atp.Functions.Tests.Model;

/// <summary>
/// A real site on which a case is made, step by step: over HTTP where users use HTTP, and with its queues driven by hand. It keeps
/// the facts that <see cref="PlainModel"/> counts from.
/// </summary>
internal sealed partial class ModelSite : IAsyncDisposable
{
    public const int DeviceCount = 6;

    /// <summary>As the queues' maxDequeueCount.</summary>
    private const int Attempts = 5;

    private static readonly (int Build, int ProductType, int Sku)[] Systems =
    [
        (19045, 1, 4), (22631, 1, 48), (9600, 1, 4), (9600, 3, 7), (14393, 2, 7), (17763, 3, 7), (7601, 1, 4), (16299, 3, 7), (22631, 3, 175),
        (18209, 1, 4), (14393, 1, 4), (19045, 3, 175),
    ];

    private static readonly string[] NamePrefixes = ["PC", "SRV", "pilot"];
    private static readonly string[] Tags = ["berlin", "pilot", "Server"];

    private static readonly Rule[] Rules =
    [
        new(Tag: "BERLIN"), new(Tag: "pilot"), new(NamePattern: "pc-*"), new(NamePattern: "SRV-?"), new(OperatingSystem: "Windows 10*"),
        new(OperatingSystem: "*server*"), new(OperatingSystem: "Windows*", Tag: "server"), new(NamePattern: "*"),
    ];

    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(31), TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(11),
        TimeSpan.FromHours(3), TimeSpan.FromHours(26), TimeSpan.FromDays(8),
    ];

    private static readonly TimeSpan[] ClockErrors =
        [TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromMinutes(-50), TimeSpan.FromDays(-3), TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(10)];

    private readonly List<AtpHost> hosts = [];
    private readonly List<Fact> facts = [];
    private readonly List<Underway> underway = [];
    private readonly List<Report> sent = [];
    private readonly Dictionary<string, List<Report>> sentMessages = [];
    private readonly Dictionary<string, (string Key, int Version)> keys = [];
    private readonly Dictionary<string, TestDevice> agents = [];
    private int requests;

    private sealed class Underway(string queue, BinaryData body)
    {
        public string Queue => queue;

        public BinaryData Body => body;

        public bool Copied { get; set; }

        public int Failures { get; set; }
    }

    private PlainModel Model => new(facts, Clock.GetUtcNow());

    private TestClock Clock => hosts[0].Clock;

    public static async Task<ModelSite> StartAsync(TestStack stack, Case @case)
    {
        var site = new ModelSite();
        var clock = new TestClock();
        // The same time of the day for every case, and later than now: storage judges signatures by its own clock.
        clock.Advance(clock.GetUtcNow().Date.AddDays(1).AddHours(8) - clock.GetUtcNow().UtcDateTime);
        for (var i = 0; i < 2; i++)
        {
            site.hosts.Add(await AtpHost.StartAsync(stack, new AtpHostOptions
            {
                Clock = clock,
                Account = i == 0 ? null : site.hosts[0].Account,
                Disabled = QueueDriver.QueueFunctions,
                Settings =
                {
                    ["Atp:Site:ShardCount"] = "2",
                    ["Atp:Site:SnapshotSeconds"] = @case.SnapshotSeconds.ToString(CultureInfo.InvariantCulture),
                },
            }));
        }

        return site;
    }

    public async ValueTask DisposeAsync()
    {
        // The first brought the account, and takes it along.
        foreach (var host in Enumerable.Reverse(hosts))
        {
            await host.DisposeAsync();
        }
    }

    public Task DoAsync(Operation operation)
    {
        var host = hosts[operation.Instance];
        return operation switch
        {
            Import import => ImportAsync(host, import),
            Upsert upsert => UpsertAsync(host, upsert),
            DeleteDevice delete => DeleteDeviceAsync(host, DeviceId(delete.Device)),
            Retire retire => RetireAsync(host, DeviceId(retire.Device)),
            Reinstate reinstate => ReinstateAsync(host, DeviceId(reinstate.Device)),
            Enroll enroll => EnrollAsync(host, DeviceId(enroll.Device), enroll.NewKey, enroll.Replaces is { } old ? DeviceId(old) : null),
            Block block => BlockAsync(host, DeviceId(block.Device), block.Blocked),
            ChangeMembers change => ChangeMembersAsync(host, change),
            CreateCollection create => CreateCollectionAsync(host, create),
            EditCollection edit => EditCollectionAsync(host, edit),
            DeleteCollection delete => DeleteCollectionAsync(host, delete),
            CreatePolicy create => CreatePolicyAsync(host, create),
            EditPolicy edit => EditPolicyAsync(host, edit),
            MovePolicy move => MovePolicyAsync(host, move),
            DeletePolicy delete => DeletePolicyAsync(host, delete),
            Deploy deploy => DeployAsync(host, deploy),
            EndDeployment end => EndDeploymentAsync(host, end),
            CheckIn checkIn => CheckInAsync(host, checkIn),
            SendReports send => SendReportsAsync(send),
            StartRollUp => AnsweredAsync(host.Admin.PostAsync("/api/health/rollup", null), HttpStatusCode.Accepted),
            Reconcile reconcile => ReconcileAsync(host, reconcile.DiesAfter),
            Wait wait => WaitAsync(Pick(Pauses, wait.HowLong)),
            Deliver deliver => DeliverAsync(host, deliver),
            DeliverAll all => DeliverAllAsync(host, all.Order),
            _ => throw new ArgumentException(operation.ToString(), nameof(operation)),
        };
    }

    /// <summary>Delivers what is left, lets what was lost be sent again, and counts.</summary>
    public async Task FinishAsync(int[] order)
    {
        await DeliverAllAsync(hosts[0], order);
        await WaitAsync(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(11)); // past what Reconcile and the snapshots wait for
        await ReconcileAsync(hosts[0], null);
        await DeliverAllAsync(hosts[0], order);
        await WaitAsync(TimeSpan.FromSeconds(1));
        var started = await (await hosts[0].Admin.PostAsync("/api/health/rollup", null)).JsonAsync(HttpStatusCode.Accepted);
        await DeliverAllAsync(hosts[0], order);
        var rollUp = await hosts[0].GetJsonAsync($"/api/health/rollups/{started["id"]}");
        Assert.Equal("Completed", (string?)rollUp["state"]);
    }

    public List<string> Expected() => Model.Lines();

    private static string DeviceId(int device) => $"device-{device}";

    private static T Pick<T>(IReadOnlyList<T> things, int number) => things[number % things.Count];

    private static async Task AnsweredAsync(Task<HttpResponseMessage> request, HttpStatusCode expected)
    {
        using var answer = await request;
        if (answer.StatusCode != expected)
        {
            Assert.Fail($"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri}: {(int)answer.StatusCode}, not {(int)expected}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private static Computer ToComputer(Line line)
    {
        var (build, productType, sku) = Pick(Systems, line.System);
        return new Computer($"{Pick(NamePrefixes, line.Name)}-{line.Device}", build, productType, sku,
            [.. Tags.Where((_, index) => (line.Tags & (1 << index)) != 0)]);
    }

    private static object Body(Computer computer) =>
        new { name = computer.Name, build = computer.Build, productType = computer.ProductType, sku = computer.Sku, tags = computer.Tags };

    /// <param name="name">Null to leave it as it is.</param>
    private static Dictionary<string, object> Body(CollectionSaved collection, string? name)
    {
        var body = new Dictionary<string, object>
        {
            ["rules"] = collection.Rules.Select(r => new Dictionary<string, string?> { ["operatingSystem"] = r.OperatingSystem, ["namePattern"] = r.NamePattern, ["tag"] = r.Tag }
                .Where(c => c.Value is not null).ToDictionary()),
            ["includeCollectionIds"] = collection.Includes,
            ["excludeCollectionIds"] = collection.Excludes,
            ["limitingCollectionId"] = collection.Limit ?? "",
            ["downLevelAgent"] = collection.HasDefenderClient ? "DefenderClient" : "MonitoringAgent",
        };
        if (name is not null)
        {
            body["name"] = name;
        }

        return body;
    }

    private static SampleFile FileOf(AtpHost host, DateTimeOffset? expiresAt) => expiresAt is { } at
        ? host.Stack.Authority.CreateOffboarding(TestSite.OrgId, at)
        : host.Stack.Authority.CreateOnboarding(TestSite.OrgId);

    private static async Task<int> RevisionAsync(AtpHost host, string address) => (int)(await host.GetJsonAsync(address))["revision"]!;

    /// <summary>Ids are derived from the request's, so that a case gets the same ones each time.</summary>
    private async Task<JsonObject> CreateAsync(AtpHost host, string address, HttpContent body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
        request.Headers.Add("Repeatability-Request-ID", $"00000000-0000-0000-0000-{++requests:D12}");
        return await (await host.Admin.SendAsync(request)).JsonAsync(expected);
    }

    /// <summary>Ends deployments whose policy's file has expired and no others; all of them unless it dies.</summary>
    private async Task ReconcileAsync(AtpHost host, int? diesAfter)
    {
        var reconcile = host.Get<ReconcileService>();
        var died = await host.Tap.CrashAfterAsync(diesAfter ?? int.MaxValue, () => reconcile.RunAsync(CancellationToken.None));
        var expired = Model.ExpiredDeployments();
        foreach (var deployment in Model.LiveDeployments())
        {
            var isEnded = (await host.GetJsonAsync($"/api/deployments/{deployment.DeploymentId}"))["endedAt"] is not null;
            var isExpired = expired.Contains(deployment);
            Assert.True(isEnded ? isExpired : died || !isExpired,
                $"Deployment {deployment.DeploymentId}: expired {isExpired}, ended {isEnded}, Reconcile died {died}");
            if (isEnded)
            {
                facts.Add(new DeploymentEnded(deployment.DeploymentId));
            }
        }
    }

    private Task WaitAsync(TimeSpan time)
    {
        Clock.Advance(time);
        return Task.CompletedTask;
    }
}
