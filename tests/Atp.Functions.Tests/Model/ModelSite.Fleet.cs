using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Atp.Functions.Tests.Devices;

namespace Atp.Functions.Tests.Model;

/// <summary>Devices and collections.</summary>
internal sealed partial class ModelSite
{
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

        facts.Add(new KeyHandedOut(deviceId, keys[deviceId].Version));
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
}
