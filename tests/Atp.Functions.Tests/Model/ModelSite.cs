using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Local.SamplePackages;
using Azure;
using Azure.Data.Tables;
using Xunit.Sdk;

namespace Atp.Functions.Tests.Model;

/// <summary>
/// A real site on which a case is made, step by step: over HTTP where users use HTTP, and with its queues driven by hand. It keeps
/// the facts that <see cref="PlainModel"/> counts from.
/// </summary>
internal sealed class ModelSite : IAsyncDisposable
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
        foreach (var host in hosts)
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

    /// <summary>What users see, line by line as the model says it.</summary>
    public async Task<List<string>> ActualAsync()
    {
        var host = hosts[^1];
        var lines = new List<string>();
        var summary = await host.GetJsonAsync("/api/health/summary");
        foreach (var scope in summary["scopes"]!.AsArray().Append(summary["site"]))
        {
            string Figure(string name) => $"{char.ToUpperInvariant(name[0])}{name[1..]} = {scope![name]}";
            lines.Add($"scope {scope!["scope"]}: Figures {{ {string.Join(", ", new[]
            {
                "devices", "targeted", "healthy", "agentState", "inactive", "notOnboarded", "neverReached", "offboarding", "fileSamplesDrifted",
            }.Select(Figure))} }}");
        }

        foreach (var deployment in (await host.ListAsync("/api/deployments?pageSize=1000")).Where(d => d["endedAt"] is null))
        {
            var details = await host.GetJsonAsync($"/api/deployments/{deployment["id"]}");
            var statuses = details["statuses"]?.AsObject().Where(s => s.Key != "asOf").ToList() ?? [];
            lines.Add($"deployment {details["id"]}: {details["state"]}, {string.Join(", ", statuses.Select(s => $"{s.Key} {s.Value}"))}, "
                + $"of {statuses.Sum(s => (int)s.Value!)} members");
        }

        foreach (var collection in await host.ListAsync("/api/collections?pageSize=1000"))
        {
            var id = (string)collection["id"]!;
            lines.Add($"collection {id}: {await host.MemberCountAsync(id)} members: {string.Join(' ', await host.MembersAsync(id))}");
        }

        foreach (var device in await host.ListAsync("/api/devices?pageSize=1000"))
        {
            var details = await host.GetJsonAsync($"/api/devices/{device["id"]}");
            lines.Add($"device {details["id"]}: collections {string.Join(' ', details["collections"]!.AsArray())}, "
                + $"targets {string.Join(' ', details["targets"]!.AsArray().Select(t => $"{t!["deploymentId"]}={t["status"]}"))}, "
                + $"health {details["health"] ?? "none"}");
        }

        foreach (var device in await host.ListAsync("/api/devices?retired=true&pageSize=1000"))
        {
            var details = await host.GetJsonAsync($"/api/devices/{device["id"]}");
            lines.Add($"retired {details["id"]}: {details["retirement"]!["replacedBy"] ?? "not replaced"}");
        }

        await AddFleetRowsAsync(host, lines);
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    /// <summary>Index rows as they are; and of the others, those that shouldn't be there or are missing.</summary>
    private async Task AddFleetRowsAsync(AtpHost host, List<string> lines)
    {
        var targets = Model.LiveDeployments().SelectMany(d => d.CollectionIds.SelectMany(Model.Members).Distinct().Select(m => $"{m}!{d.DeploymentId}")).ToHashSet();
        await foreach (var row in host.Table(TableNames.Fleet).QueryAsync<TableEntity>())
        {
            var parts = row.RowKey.Split('!');
            if (parts is ["", var collection, var device])
            {
                var org = row.GetString("OnboardedTo");
                lines.Add($"index {collection} {device}: {row.GetInt32("Build")} {row.GetInt32("ProductType")} {row.GetInt32("Sku")} {(org is "" or null ? "none" : org)}");
            }
            else if (!Model.Exists(parts[0]))
            {
                lines.Add($"left over: {row.RowKey}");
            }
            else if (parts.Length == 2 && row.GetDateTimeOffset("PlacedAt") is not null)
            {
                targets.Remove(row.RowKey);
            }
        }

        lines.AddRange(targets.Select(target => $"not placed: {target}"));
    }

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

    private async Task ImportAsync(AtpHost host, Import import)
    {
        var lines = import.Lines.Select(line =>
        {
            var json = JsonSerializer.SerializeToNode(Body(ToComputer(line)))!.AsObject();
            json["deviceId"] = DeviceId(line.Device);
            return json.ToJsonString();
        });
        var result = await host.ImportAsync(lines);
        Assert.Equal(0, (int)result["rejected"]!);
        facts.AddRange(import.Lines.Select(line => new InventoryKnown(DeviceId(line.Device), ToComputer(line))));
    }

    private async Task UpsertAsync(AtpHost host, Upsert upsert)
    {
        await AnsweredAsync(host.PutAsync(DeviceId(upsert.Line.Device), Body(ToComputer(upsert.Line))), HttpStatusCode.OK);
        facts.Add(new InventoryKnown(DeviceId(upsert.Line.Device), ToComputer(upsert.Line)));
    }

    private async Task DeleteDeviceAsync(AtpHost host, string deviceId)
    {
        await AnsweredAsync(host.Admin.DeleteAsync($"/api/devices/{deviceId}"), Model.Exists(deviceId) ? HttpStatusCode.NoContent : HttpStatusCode.NotFound);
        facts.Add(new DeviceDeleted(deviceId));
    }

    private async Task RetireAsync(AtpHost host, string deviceId)
    {
        var exists = Model.Exists(deviceId);
        await AnsweredAsync(host.Admin.PostAsJsonAsync($"/api/devices/{deviceId}/retire", new { reason = "gone" }), exists ? HttpStatusCode.OK : HttpStatusCode.NotFound);
        if (exists)
        {
            facts.Add(new DeviceRetired(deviceId, null));
        }
    }

    private async Task ReinstateAsync(AtpHost host, string deviceId)
    {
        var exists = Model.Exists(deviceId);
        await AnsweredAsync(host.Admin.PostAsync($"/api/devices/{deviceId}/reinstate", null), exists ? HttpStatusCode.OK : HttpStatusCode.NotFound);
        if (exists)
        {
            facts.Add(new DeviceReinstated(deviceId));
        }
    }

    private async Task EnrollAsync(AtpHost host, string deviceId, bool newKey, string? replaces = null)
    {
        if (!Model.Exists(deviceId) || Model.IsRetired(deviceId) || (Model.KeyVersion(deviceId) > 0 && !newKey) || replaces == deviceId)
        {
            return;
        }

        var expected = replaces is null ? HttpStatusCode.OK
            : !Model.Exists(replaces) ? HttpStatusCode.NotFound
            : Model.ReplacedBy(replaces) is { } other && other != deviceId ? HttpStatusCode.Conflict
            : HttpStatusCode.OK;
        var answer = await (await host.Admin.PostAsJsonAsync($"/api/devices/{deviceId}/enroll", new { newKey, replaces })).JsonAsync(expected);
        if (expected != HttpStatusCode.OK)
        {
            return;
        }

        keys[deviceId] = ((string)answer["key"]!, (int)answer["keyVersion"]!);
        if (replaces is not null)
        {
            facts.Add(new DeviceRetired(replaces, deviceId));
            facts.AddRange(Model.Collections().Where(c => Model.IsNamed(c, replaces)).Select(c => new MembersNamed(c, [deviceId], true)));
        }

        facts.Add(new KeyHandedOut(deviceId, Model.KeyVersion(deviceId) + 1));
    }

    private async Task BlockAsync(AtpHost host, string deviceId, bool blocked)
    {
        if (Model.Exists(deviceId))
        {
            await AnsweredAsync(host.Admin.PostAsync($"/api/devices/{deviceId}/{(blocked ? "block" : "unblock")}", null), HttpStatusCode.NoContent);
            facts.Add(new DeviceBlocked(deviceId, blocked));
        }
    }

    private async Task ChangeMembersAsync(AtpHost host, ChangeMembers change)
    {
        if (Model.Collections() is { Count: > 0 } all)
        {
            var id = Pick(all, change.Collection);
            var devices = change.Devices.Select(DeviceId).Distinct().ToList();
            var answer = await (await host.Admin.PostAsJsonAsync(
                $"/api/collections/{id}/members/{(change.Add ? "add" : "remove")}", new { deviceIds = devices })).JsonAsync();
            var known = devices.Where(Model.Exists).ToList();
            Assert.Equal(devices.Except(known).Order(StringComparer.Ordinal), answer["unknown"]!.AsArray().Select(u => (string)u!));
            facts.Add(new MembersNamed(id, known, change.Add));
        }
    }

    private async Task CreateCollectionAsync(AtpHost host, CreateCollection create)
    {
        var wanted = Wanted(new CollectionSaved("", [], [], [], null, create.DefenderClient), create.Rules, create.To);
        var created = await CreateAsync(host, "/api/collections", JsonContent.Create(Body(wanted, $"Collection {requests}")), HttpStatusCode.Created);
        facts.Add(wanted with { CollectionId = (string)created["id"]! });
    }

    private async Task EditCollectionAsync(AtpHost host, EditCollection edit)
    {
        if (Model.Collections() is { Count: > 0 } all)
        {
            var id = Pick(all, edit.Collection);
            var before = Model.Collection(id);
            var wanted = Wanted(before with { HasDefenderClient = edit.DefenderClient ?? before.HasDefenderClient }, edit.Rules, edit.To);
            var makesCircle = wanted.References.Any(c => Model.RefersTo(c, id));
            await AnsweredAsync(host.ChangeAsync(HttpMethod.Patch, $"/api/collections/{id}", await RevisionAsync(host, $"/api/collections/{id}"),
                Body(wanted, null)), makesCircle ? HttpStatusCode.BadRequest : HttpStatusCode.OK);
            if (!makesCircle)
            {
                facts.Add(wanted);
            }
        }
    }

    private CollectionSaved Wanted(CollectionSaved before, int[] rules, Referring? to)
    {
        var others = Model.Collections().Where(c => c != before.CollectionId).ToList();
        string[] Picked(IEnumerable<int> numbers) => others.Count == 0 ? [] : [.. numbers.Select(n => Pick(others, n)).Distinct()];
        var wanted = before with { Rules = [.. rules.Select(rule => Pick(Rules, rule))] };
        return to is null ? wanted : wanted with
        {
            Includes = Picked(to.Include),
            Excludes = Picked(to.Exclude),
            Limit = to.Limit is { } limit ? Picked([limit]).SingleOrDefault() : null,
        };
    }

    private async Task DeleteCollectionAsync(AtpHost host, DeleteCollection delete)
    {
        if (Model.Collections() is { Count: > 0 } all)
        {
            var id = Pick(all, delete.Collection);
            var needed = Model.LiveDeployments().Any(d => d.CollectionIds.Contains(id)) || all.Any(c => Model.Collection(c).References.Contains(id));
            await AnsweredAsync(host.ChangeAsync(HttpMethod.Delete, $"/api/collections/{id}", await RevisionAsync(host, $"/api/collections/{id}")),
                needed ? HttpStatusCode.Conflict : HttpStatusCode.NoContent);
            if (!needed)
            {
                facts.Add(new CollectionDeleted(id));
            }
        }
    }

    private async Task CreatePolicyAsync(AtpHost host, CreatePolicy create)
    {
        var onboarding = create.ExpiresInDays == 0;
        var expires = onboarding ? (DateTimeOffset?)null : Clock.GetUtcNow().AddDays(create.ExpiresInDays);
        using var form = TestSite.PolicyForm(FileOf(host, expires), $"Policy {requests}",
            onboarding ? "Onboarding" : "Offboarding", create.Workspace ? TestSite.WorkspaceId : null);
        var samples = create.AllSamples ? "AllFileTypes" : "None";
        form.Add(new StringContent(samples), "fileSamples");
        var created = await CreateAsync(host, "/api/policies", form, HttpStatusCode.Created);
        facts.Add(new PolicySaved((string)created["id"]!, 1, (int)created["order"]!, onboarding, create.Workspace, samples, expires));
    }

    private async Task EditPolicyAsync(AtpHost host, EditPolicy edit)
    {
        if (Model.Policies() is not { Count: > 0 } all)
        {
            return;
        }

        var before = Pick(all, edit.Policy);
        var expires = before.IsOnboarding ? (DateTimeOffset?)null : Clock.GetUtcNow().AddDays(edit.ExpiresInDays);
        var file = FileOf(host, expires);
        var (body, after) = edit.What switch
        {
            PolicyEdit.File => ((object)new { configurationFile = new { name = file.FileName, content = file.Content } }, before with { ExpiresAt = expires }),
            PolicyEdit.SetWorkspace => (new { workspaceId = TestSite.WorkspaceId, workspaceKey = TestSite.WorkspaceKey }, before with { HasWorkspace = true }),
            PolicyEdit.RemoveWorkspace => (new { removeWorkspace = true }, before with { HasWorkspace = false }),
            PolicyEdit.NoSamples => (new { fileSamples = "None" }, before with { FileSamples = "None" }),
            PolicyEdit.AllSamples => (new { fileSamples = "AllFileTypes" }, before with { FileSamples = "AllFileTypes" }),
            PolicyEdit.OrderFirst => (new { order = 1 }, before with { Order = 1 }),
            PolicyEdit.OrderLast => (new { order = 50 }, before with { Order = 50 }),
            _ => (new { description = $"edit {requests++}" }, before),
        };
        await AnsweredAsync(host.ChangeAsync(HttpMethod.Patch, $"/api/policies/{before.PolicyId}", before.Revision, body), HttpStatusCode.OK);
        facts.Add(after with { Revision = before.Revision + 1 });
    }

    /// <summary>Which numbers that gives is the service's choice; who comes before whom is not.</summary>
    private async Task MovePolicyAsync(AtpHost host, MovePolicy move)
    {
        if (Model.PoliciesInOrder() is not { Count: > 0 } before)
        {
            return;
        }

        var place = move.Policy % before.Count;
        var other = move.Increase ? place - 1 : place + 1;
        var canMove = other >= 0 && other < before.Count;
        await AnsweredAsync(host.ChangeAsync(HttpMethod.Post, $"/api/policies/{before[place].PolicyId}/order", before[place].Revision,
            new { move = move.Increase ? "Increase" : "Decrease" }), canMove ? HttpStatusCode.OK : HttpStatusCode.Conflict);
        if (!canMove)
        {
            return;
        }

        var listed = (await host.ListAsync("/api/policies?pageSize=1000")).ToDictionary(p => (string)p["id"]!);
        facts.AddRange(before.Select(p => p with { Order = (int)listed[p.PolicyId]["order"]!, Revision = (int)listed[p.PolicyId]["revision"]! }).ToList());
        var after = Model.PoliciesInOrder().ToDictionary(p => p.PolicyId);
        Assert.Equal(before.Select(p => p.Revision), before.Select(p => after[p.PolicyId].Revision));
        var (first, second) = move.Increase ? (before[place], before[other]) : (before[other], before[place]);
        Assert.All(
            from earlier in before
            from later in before
            where earlier.Order < later.Order && !(earlier == second && later == first)
            select (Earlier: earlier, Later: later),
            pair => Assert.True(after[pair.Earlier.PolicyId].Order < after[pair.Later.PolicyId].Order, $"{pair} and then {string.Join(' ', after.Values)}"));
        Assert.True(after[first.PolicyId].Order < after[second.PolicyId].Order, $"{move} of {before[place]}: {string.Join(' ', after.Values)}");
    }

    private async Task DeletePolicyAsync(AtpHost host, DeletePolicy delete)
    {
        if (Model.Policies() is { Count: > 0 } all)
        {
            var policy = Pick(all, delete.Policy);
            var deployed = Model.LiveDeployments().Any(d => d.PolicyId == policy.PolicyId);
            await AnsweredAsync(host.ChangeAsync(HttpMethod.Delete, $"/api/policies/{policy.PolicyId}", policy.Revision),
                deployed ? HttpStatusCode.Conflict : HttpStatusCode.NoContent);
            if (!deployed)
            {
                facts.Add(new PolicyDeleted(policy.PolicyId));
            }
        }
    }

    private async Task DeployAsync(AtpHost host, Deploy deploy)
    {
        if (Model.Policies() is not { Count: > 0 } policies || Model.Collections() is not { Count: > 0 } collections)
        {
            return;
        }

        await WaitAsync(TimeSpan.FromMilliseconds(1)); // no two deployments are equally new
        var policy = Pick(policies, deploy.Policy);
        var targets = deploy.Collections.Select(c => Pick(collections, c)).Distinct().ToList();
        var now = Clock.GetUtcNow();
        var expired = policy.ExpiresAt <= now;
        using var body = JsonContent.Create(new { policyId = policy.PolicyId, collectionIds = targets, acknowledgeFailures = true });
        var created = await CreateAsync(host, "/api/deployments", body, expired ? HttpStatusCode.Conflict : HttpStatusCode.Accepted);
        if (!expired)
        {
            facts.Add(new DeploymentMade((string)created["id"]!, policy.PolicyId, targets, now));
        }
    }

    private async Task EndDeploymentAsync(AtpHost host, EndDeployment end)
    {
        if (Model.LiveDeployments() is { Count: > 0 } live)
        {
            var id = Pick(live, end.Deployment).DeploymentId;
            await AnsweredAsync(host.Admin.PostAsJsonAsync($"/api/deployments/{id}/end", new { reason = "over" }), HttpStatusCode.OK);
            facts.Add(new DeploymentEnded(id));
        }
    }

    private async Task CheckInAsync(AtpHost host, CheckIn checkIn)
    {
        var devices = Model.Devices().Where(device => !Model.IsBlocked(device)).ToList();
        if (devices.Count == 0)
        {
            return;
        }

        var id = Pick(devices, checkIn.Device);
        await EnrollAsync(host, id, newKey: false);

        var agent = agents[id] = new TestDevice(host, id, keys[id].Key, keys[id].Version);
        var computer = checkIn.Inventory is null ? null : ToComputer(checkIn.Inventory);
        var instructions = (await agent.CheckInAsync(computer is null ? null : Body(computer)))["instructions"];
        if (computer is not null)
        {
            facts.Add(new InventoryKnown(id, computer));
        }

        if (instructions is not null && (string?)instructions["action"] != "None")
        {
            facts.Add(new PolicyFetched(id, (string)instructions["deploymentId"]!, (int)instructions["revision"]!));
        }
    }

    /// <summary>By devices that have checked in once, since from there they have the address; some may have been deleted since.</summary>
    private async Task SendReportsAsync(SendReports send)
    {
        if (agents.Count == 0)
        {
            return;
        }

        var reports = send.Reports.Select(ToReport).ToList();

        var signed = reports.Select(report => new TestDevice(hosts[0], report.DeviceId, keys[report.DeviceId].Key, report.KeyVersion).Sign(new
        {
            reportedAt = report.ReportedAt,
            lastConnected = report.LastConnected,
            senseIsRunning = report.SenseIsRunning,
            onboardingState = report.OnboardingState,
            orgId = report.OrgId,
            fileSamples = report.FileSamples,
            deploymentId = report.DeploymentId,
            revision = report.Revision,
            result = report.Result,
        })).ToArray();
        await agents[reports[0].DeviceId].SendAsync(signed);
        sentMessages[JsonSerializer.Serialize(signed, DeviceReport.Json)] = reports;
    }

    private Report ToReport(Said said)
    {
        var id = Pick([.. agents.Keys.Order(StringComparer.Ordinal)], said.Device);
        // A device's clock moves on between two reports, whatever the test's does.
        var reportedAt = Clock.GetUtcNow() + Pick(ClockErrors, said.Clock) + TimeSpan.FromMilliseconds(sent.Count(s => s.DeviceId == id) + 1);
        var fetched = facts.OfType<PolicyFetched>().Where(f => f.DeviceId == id).Reverse().ToList();
        var about = said.About < 4 ? fetched.ElementAtOrDefault(said.About)
            : said.About == 4 && fetched.Count > 0 ? fetched[0] with { Revision = fetched.Max(f => f.Revision) + 3 }
            : null;
        var report = new Report(id, keys[id].Version, reportedAt,
            Pick(new DateTimeOffset?[] { reportedAt, reportedAt.AddHours(-2), reportedAt.AddDays(-6), reportedAt.AddDays(-9), null }, said.Agent),
            said.Agent % 4 != 0, said.Agent % 3 == 0 ? 0 : 1, Pick([TestSite.OrgId.ToString(), Guid.Empty.ToString(), null], said.Agent / 2),
            Pick([null, "None", "AllFileTypes"], said.Agent / 3), about?.DeploymentId, about?.Revision,
            about is null ? null : said.Succeeded ? "Success" : "Error");
        sent.Add(report);
        return report;
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

    private async Task DeliverAsync(AtpHost host, Deliver deliver)
    {
        await TakeAsync();
        if (underway.Count == 0)
        {
            return;
        }

        var message = Pick(underway, deliver.Message);
        underway.Remove(message);
        if (deliver.KeepsCopy && !message.Copied)
        {
            underway.Add(new Underway(message.Queue, message.Body) { Copied = true });
        }

        if (deliver.DiesAfter is { } requestCount)
        {
            if (await host.Tap.CrashAfterAsync(requestCount, () => HandleAsync(host, message)))
            {
                underway.Add(message);
            }
        }
        else if (deliver.Meanwhile is { } meanwhile)
        {
            await HandleAsync(host, message, deliver.At, () => DoAsync(meanwhile with { Instance = 1 - deliver.Instance }));
        }
        else
        {
            await HandleAsync(host, message);
        }
    }

    private async Task DeliverAllAsync(AtpHost host, int[] order)
    {
        for (var i = 0; ; i++)
        {
            await TakeAsync();
            if (underway.Count == 0)
            {
                return;
            }

            Assert.True(i < 2000, $"Messages keep coming: {string.Join('\n', underway.Select(m => $"{m.Queue} {m.Body}"))}");
            var message = Pick(underway, Pick(order, i));
            underway.Remove(message);
            await HandleAsync(host, message);
        }
    }

    /// <summary>What lies in the queues is under way from here on, in an order that doesn't depend on who was quicker.</summary>
    private async Task TakeAsync()
    {
        var taken = new List<(string Queue, string Order, BinaryData Body)>();
        foreach (var queue in Queues.All)
        {
            foreach (var message in await hosts[0].TakeAllAsync(queue))
            {
                taken.Add((queue, OrderOf(queue, message.Body), message.Body));
            }
        }

        underway.AddRange(taken.OrderBy(t => t.Queue, StringComparer.Ordinal).ThenBy(t => t.Order, StringComparer.Ordinal)
            .Select(t => new Underway(t.Queue, t.Body)));
    }

    private string OrderOf(string queue, BinaryData body)
    {
        if (queue == Queues.DeviceReports)
        {
            return sent.IndexOf(sentMessages[body.ToString()][0]).ToString("D6", CultureInfo.InvariantCulture);
        }

        var message = JsonNode.Parse(body)!.AsObject();
        message.Remove("traceparent");
        return message.ToJsonString();
    }

    /// <summary>Something else happens before one of the function's storage requests; afterwards when it doesn't make that many.</summary>
    private async Task HandleAsync(AtpHost host, Underway message, int at, Func<Task> meanwhile)
    {
        var happened = false;
        Exception? failure = null;
        async Task HappenAsync()
        {
            happened = true;
            try
            {
                await meanwhile();
            }
            catch (Exception e)
            {
                failure = e; // not the function's
            }
        }

        try
        {
            await host.Tap.InBetweenAsync(at, HappenAsync, () => HandleAsync(host, message));
        }
        catch (TrueException) when (!happened)
        {
            await HappenAsync();
        }

        if (failure is not null)
        {
            throw new InvalidOperationException("What happened meanwhile failed.", failure);
        }
    }

    /// <summary>As the host does: what no retry can mend is dropped, everything else comes again, and after five attempts is poison.</summary>
    private async Task HandleAsync(AtpHost host, Underway message)
    {
        try
        {
            if (message.Queue == Queues.DeviceReports)
            {
                await IngestAsync(host, message);
            }
            else
            {
                await host.HandleAsync(message.Queue, message.Body);
            }
        }
        catch (DomainException e) when (e.Error.Kind is ErrorKind.Invalid or ErrorKind.NotFound)
        {
        }
        catch (Exception e) when (e is DomainException or RequestFailedException)
        {
            Assert.True(++message.Failures < Attempts, $"Poison: {message.Queue} {message.Body}: {e}");
            underway.Add(message);
        }
    }

    /// <summary>Each report of the message is a fact once the service is done with it, also when it dies before the next.</summary>
    private async Task IngestAsync(AtpHost host, Underway message)
    {
        var reports = sentMessages[message.Body.ToString()];
        var mine = new AsyncLocal<bool> { Value = true };
        var done = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: ReportService.MeterName })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
        {
            if (mine.Value)
            {
                facts.Add(new ReportArrived(reports[done++], Clock.GetUtcNow()));
            }
        });
        listener.Start();
        await host.HandleAsync(message.Queue, message.Body);
        Assert.Equal(reports.Count, done);
    }
}
