using Microsoft.Extensions.Options;

namespace Atp.Functions.Tests.Http;

/// <summary>What the settings must be before anything is served.</summary>
public sealed class StartTests(TestStack stack)
{
    [Theory]
    [InlineData("Atp:Storage:TableEndpoint")]
    [InlineData("Atp:Storage:BlobEndpoint")]
    [InlineData("Atp:Storage:QueueEndpoint")]
    [InlineData("Atp:Storage:ReportingTableEndpoint")]
    [InlineData("Atp:KeyVault:Endpoint")]
    [InlineData("Atp:Entra:Authority")]
    [InlineData("Atp:LocalTrust:TokenEndpoint")]
    public async Task Local_trust_is_refused_when_an_endpoint_is_on_another_machine(string setting)
    {
        var refused = await StartAsync(setting, "https://contoso.example/x");

        Assert.Contains("Atp:LocalTrust is for development on one machine", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Atp:Storage:TableEndpoint", "", "TableEndpoint")]
    [InlineData("Atp:Entra:Audience", "", "Audience")]
    [InlineData("Atp:Entra:Authority", "http://127.0.0.1:9/common/v2.0", "stands for every tenant")]
    [InlineData("Atp:Entra:Authority", "http://127.0.0.1:9/Organizations/", "stands for every tenant")]
    [InlineData("Atp:Entra:Authority", "http://127.0.0.1:9/consumers", "stands for every tenant")]
    [InlineData("Atp:Entra:AdditionalIssuers:0", "https://sts.windows.net/{tenantid}/", "AdditionalIssuers")]
    [InlineData("Atp:Entra:AdditionalIssuers:0", "sts.windows.net", "AdditionalIssuers")]
    [InlineData("Atp:Limits:AdministratorCallsPerMinute", "0", "AdministratorCallsPerMinute")]
    [InlineData("Atp:Limits:DeviceCallsPerMinute", "100001", "DeviceCallsPerMinute")]
    [InlineData("Atp:Limits:AnonymousCallsPerMinute", "-1", "AnonymousCallsPerMinute")]
    [InlineData("Atp:KeyVault:Endpoint", "", "Endpoint")]
    [InlineData("Atp:Site:ShardCount", "0", "ShardCount")]
    [InlineData("Atp:Site:ShardCount", "257", "ShardCount")]
    [InlineData("Atp:Site:ConfigurationManagerVersion", "1999", "ConfigurationManagerVersion")]
    [InlineData("Atp:Site:ShardCuont", "8", "ShardCuont")]
    [InlineData("Atp:Storage:ConnectionString", "planted", "ConnectionString")]
    public async Task A_setting_that_is_missing_wrong_or_unknown_stops_the_start_by_its_name(string setting, string value, string named)
    {
        var refused = await StartAsync(setting, value);

        Assert.Contains(named, refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("planted", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_shard_count_than_the_sites_is_refused()
    {
        await using var first = await AtpHost.StartAsync(stack);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Account = first.Account,
            Settings = { ["Atp:Site:ShardCount"] = "16" },
        }));

        Assert.Contains("made with 8 shards", refused.Message, StringComparison.Ordinal);
    }

    private async Task<Exception> StartAsync(string setting, string value)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { [setting] = value } });
        });
        Assert.True(refused is OptionsValidationException or InvalidOperationException, refused.ToString());
        return refused;
    }
}
