using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Storage;
using Atp.Functions.Tests.Devices;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Security;

/// <summary>A device that has its own key, and wants what another's is.</summary>
public sealed class DeviceAgainstDeviceTests(TestStack stack) : IAsyncLifetime
{
    private AtpHost host = null!;
    private TestDevice attacker = null!;
    private TestDevice victim = null!;
    private string attackersDeployment = null!;
    private string victimsDeployment = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Two devices in deployments of different policies; the victim is down-level, so that there is a workspace to get.</summary>
    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, Fleet.Shards(1));
        await host.ImportAsync([TestSite.Line("pc-1", tags: "\"one\""), TestSite.Line("pc-2", build: 9600, productType: 3, tags: "\"two\"")]);
        attackersDeployment = await host.DeployAsync((string)(await host.CreatePolicyAsync("One"))["id"]!,
            await host.CreateCollectionAsync("One", new { tag = "one" }));
        victimsDeployment = await host.DeployAsync((string)(await host.CreatePolicyAsync("Two"))["id"]!,
            await host.CreateCollectionAsync("Two", new { tag = "two" }));
        await host.ActiveAsync(attackersDeployment);
        await host.ActiveAsync(victimsDeployment);
        (attacker, victim) = (await host.EnrollAsync("pc-1"), await host.EnrollAsync("pc-2"));
        await attacker.CheckInAsync();
        await victim.CheckInAsync();
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task What_another_device_is_to_get_is_not_there_for_this_one()
    {
        foreach (var address in new[]
        {
            $"configuration/{victimsDeployment}", $"workspace/{victimsDeployment}", $"workspace/{attackersDeployment}",
                $"configuration/{Guid.CreateVersion7()}",
            $"configuration/{victimsDeployment}?deviceId=pc-2&sr=pc-2",
        })
        {
            await (await attacker.GetAsync($"/api/agent/{address}")).ProblemAsync(HttpStatusCode.NotFound, "agent.nothing-to-deliver");
        }
    }

    [Theory]
    [InlineData("the victim's name on its own signature")]
    [InlineData("the victim's name before its own")]
    [InlineData("the victim's name after its own")]
    [InlineData("the victim's name signed with its own key")]
    [InlineData("the victim's name and a version that make its own name")]
    [InlineData("a report's signature")]
    [InlineData("its key as signature")]
    [InlineData("a longer life")]
    [InlineData("another key version")]
    [InlineData("key version nothing")]
    [InlineData("no signature")]
    [InlineData("half a signature")]
    [InlineData("a signature of the scheme's other case")]
    [InlineData("a parameter more")]
    [InlineData("an administrator's scheme")]
    public async Task A_token_in_anothers_name_or_of_other_parts_is_refused(string what)
    {
        var own = attacker.Token();
        var expiry = host.Clock.GetUtcNow().AddHours(1);
        string WithSignature(byte[] signature) => own.Replace(own.Split("sig=")[1].Split('&')[0],
            Uri.EscapeDataString(Convert.ToBase64String(signature)), StringComparison.Ordinal);
        var forged = what switch
        {
            "the victim's name on its own signature" => own.Replace("sr=pc-1", "sr=pc-2", StringComparison.Ordinal),
            "the victim's name before its own" => own.Replace("sr=pc-1", "sr=pc-2&sr=pc-1", StringComparison.Ordinal),
            "the victim's name after its own" => own + "&sr=pc-2",
            "the victim's name signed with its own key" => DeviceSigning.CreateToken(attacker.Key, "pc-2", victim.KeyVersion, expiry),
            "the victim's name and a version that make its own name" => own.Replace("sr=pc-1", $"sr=pc-2%21{victim.KeyVersion}", StringComparison.Ordinal),
            "a report's signature" => WithSignature(Convert.FromBase64String(
                DeviceSigning.SignReport(attacker.Key, Encoding.UTF8.GetBytes($"pc-1\n{attacker.KeyVersion}\n{expiry.ToUnixTimeSeconds()}")))),
            "its key as signature" => WithSignature(Convert.FromBase64String(attacker.Key)),
            "a longer life" => own.Replace(
                $"se={expiry.ToUnixTimeSeconds()}", $"se={expiry.AddHours(1).ToUnixTimeSeconds()}", StringComparison.Ordinal),
            "another key version" => own.Replace("skn=", "skn=1", StringComparison.Ordinal),
            "key version nothing" => DeviceSigning.CreateToken(attacker.Key, "pc-1", 0, expiry),
            "no signature" => WithSignature([]),
            "half a signature" => WithSignature(new byte[16]),
            "a signature of the scheme's other case" => own.Replace("SharedAccessSignature", "sharedaccesssignature", StringComparison.Ordinal),
            "a parameter more" => own + "&sp=r",
            _ => own.Replace("SharedAccessSignature ", "Bearer ", StringComparison.Ordinal),
        };
        using var client = host.Anonymous();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", forged);

        await (await client.GetAsync($"/api/agent/configuration/{attackersDeployment}", Stop)).ProblemAsync(HttpStatusCode.Unauthorized,
            "device.token-invalid");
        await (await client.GetAsync($"/api/agent/workspace/{victimsDeployment}", Stop)).ProblemAsync(HttpStatusCode.Unauthorized,
            "device.token-invalid");
    }

    [Theory]
    [InlineData("the victim's name on its own report")]
    [InlineData("the victim's body signed with its own key")]
    [InlineData("a byte more")]
    [InlineData("a changed byte")]
    [InlineData("the same JSON written anew")]
    [InlineData("the fields in another order")]
    [InlineData("an escape for a letter")]
    [InlineData("signed as a token is")]
    [InlineData("signed with the report's own text as key")]
    [InlineData("two names, the victim's last")]
    public async Task A_report_in_anothers_name_or_of_other_bytes_is_dropped(string what)
    {
        var (mine, theirs) = (attacker.Healthy(), victim.Healthy());
        var body = JsonNode.Parse(theirs.Body)!.AsObject();
        SignedReport WithBody(string text) => theirs with { Body = text };
        SignedReport SignedWith(byte[] key, string text) =>
            theirs with { Signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))) };
        var forged = what switch
        {
            "the victim's name on its own report" => mine with { DeviceId = "pc-2" },
            "the victim's body signed with its own key" => SignedWith(Convert.FromBase64String(attacker.Key), $"report\n{theirs.Body}"),
            "a byte more" => WithBody(theirs.Body + "\n"),
            "a changed byte" => WithBody(theirs.Body.Replace("\"onboardingState\":1", "\"onboardingState\":0", StringComparison.Ordinal)),
            "the same JSON written anew" => WithBody(body.ToJsonString(new JsonSerializerOptions { WriteIndented = true })),
            "the fields in another order" => WithBody(new JsonObject(body.Reverse().Select(f => KeyValuePair.Create(f.Key, f.Value?.DeepClone()))).ToJsonString()),
            "an escape for a letter" => WithBody(theirs.Body.Replace("reportedAt", "r\\u0065portedAt", StringComparison.Ordinal)),
            "signed as a token is" => SignedWith(Convert.FromBase64String(victim.Key), $"token\n{theirs.Body}"),
            "signed with the report's own text as key" => SignedWith(Encoding.UTF8.GetBytes(theirs.Body), $"report\n{theirs.Body}"),
            _ => mine,
        };
        Assert.NotEqual(theirs, forged);
        var text = JsonSerializer.Serialize(forged, DeviceReport.Json);
        if (what == "two names, the victim's last")
        {
            text = text[..^1] + ",\"deviceId\":\"pc-2\"}";
        }

        var before = await host.RowsAsync(TableNames.Fleet);
        Assert.NotEqual(0, await host.Get<ReportService>().IngestAsync(Encoding.UTF8.GetBytes(text), Stop));
        Assert.Equal(before, await host.RowsAsync(TableNames.Fleet));
        Assert.Equal(0, await host.Get<ReportService>().IngestAsync(JsonSerializer.SerializeToUtf8Bytes(theirs, DeviceReport.Json), Stop)); // the genuine one is taken
    }
}
