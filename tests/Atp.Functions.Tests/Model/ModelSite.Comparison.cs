using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Azure.Data.Tables;

namespace Atp.Functions.Tests.Model;

/// <summary>What users see of it.</summary>
internal sealed partial class ModelSite
{
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
}
