using System.Net;
using System.Net.Http.Headers;
using Atp.Functions.Tests.Cli;
using Atp.Local;

namespace Atp.Functions.Tests.Http;

/// <summary>How often who may call, and who is not held up by others who call too often.</summary>
public sealed class LimitTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_administrator_who_calls_too_often_is_told_when_to_call_again_and_holds_up_no_other()
    {
        await using var host = await StartAsync("AdministratorCallsPerMinute", 3);
        using var one = Administrator(host, "one");

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await one.GetAsync("/api/policies", Stop)).StatusCode);
        }

        // One every twenty seconds.
        await RefusedAsync(await one.GetAsync("/api/policies", Stop), 20);
        await RefusedAsync(await one.GetAsync("/api/devices", Stop), 20); // whatever the role lets the caller do
        using var other = Administrator(host, "other");
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/policies", Stop)).StatusCode);
        using var sameByAnotherApplication = Administrator(host, "one", "another-app");
        Assert.Equal(HttpStatusCode.OK, (await sameByAnotherApplication.GetAsync("/api/policies", Stop)).StatusCode);
    }

    [Fact]
    public async Task After_the_wait_the_calls_go_on()
    {
        await using var host = await StartAsync("AdministratorCallsPerMinute", 60);
        using var client = Administrator(host, "one");
        await Eventually.TrueAsync(async () => (await client.GetAsync("/api/policies", Stop)).StatusCode == HttpStatusCode.TooManyRequests);

        await Eventually.TrueAsync(async () => (await client.GetAsync("/api/policies", Stop)).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_command_line_waits_as_long_as_it_is_told_and_goes_on()
    {
        await using var host = await StartAsync("AdministratorCallsPerMinute", 60);
        using var folder = new TemporaryFolder();
        using var client = Administrator(host, "one");
        var tokenFile = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(tokenFile, client.DefaultRequestHeaders.Authorization!.Parameter, Stop);
        await Eventually.TrueAsync(async () => (await client.GetAsync("/api/policies", Stop)).StatusCode == HttpStatusCode.TooManyRequests);
        var terminal = new CapturedTerminal();

        var exitCode = await terminal.RunAsync(Stop, "policy", "list", "--server", host.BaseAddress.AbsoluteUri, "--token-file", tokenFile);

        Assert.True(exitCode == 0, terminal.Error);
    }

    [Fact]
    public async Task A_device_that_calls_too_often_is_refused_before_storage_and_nobody_can_use_up_its_calls()
    {
        await using var host = await StartAsync("DeviceCallsPerMinute", 2);
        await host.ImportAsync([TestSite.Line("busy"), TestSite.Line("calm")]);
        var (busy, calm) = (await host.EnrollAsync("busy"), await host.EnrollAsync("calm"));
        using var forged = host.Anonymous();
        forged.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", calm.Token().Replace("skn=", "skn=1", StringComparison.Ordinal));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await forged.GetAsync("/api/test/device", Stop)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await busy.GetAsync("/api/test/device")).StatusCode);
        await busy.CheckInAsync();
        var transactions = host.Transactions;

        using var client = busy.Client();
        await RefusedAsync(await client.PostAsync("/api/agent/check-in", null, Stop), 30);
        Assert.Equal(transactions, host.Transactions);
        Assert.Equal(HttpStatusCode.OK, (await calm.GetAsync("/api/test/device")).StatusCode);
    }

    [Fact]
    public async Task Guessing_uses_up_the_calls_of_the_address_and_good_callers_behind_it_go_on()
    {
        await using var host = await StartAsync("AnonymousCallsPerMinute", 3);
        await host.ImportAsync([TestSite.Line("pc-1")]);
        var device = await host.EnrollAsync("pc-1");
        using var guesser = From(host, "198.51.100.7");
        guesser.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "a.guessed.token");
        using var deviceGuesser = From(host, "198.51.100.7");
        deviceGuesser.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", device.Token().Replace("skn=", "skn=1", StringComparison.Ordinal));

        await (await guesser.GetAsync("/api/policies", Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "token.invalid");
        await (await deviceGuesser.GetAsync("/api/test/device", Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "device.token-invalid");
        using var withoutToken = From(host, "198.51.100.7");
        await (await withoutToken.GetAsync("/api/policies", Stop)).ProblemAsync(HttpStatusCode.Unauthorized, "token.missing");

        await RefusedAsync(await guesser.GetAsync("/api/policies", Stop), 20);
        await RefusedAsync(await deviceGuesser.GetAsync("/api/test/device", Stop), 20);
        await RefusedAsync(await withoutToken.GetAsync("/api/openapi.json", Stop), 20);
        using var good = From(host, "198.51.100.7");
        good.DefaultRequestHeaders.Authorization = host.Admin.DefaultRequestHeaders.Authorization;
        Assert.Equal(HttpStatusCode.OK, (await good.GetAsync("/api/policies", Stop)).StatusCode);
        using var goodDevice = From(host, "198.51.100.7");
        goodDevice.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", device.Token());
        Assert.Equal(HttpStatusCode.OK, (await goodDevice.GetAsync("/api/test/device", Stop)).StatusCode);
        using var elsewhere = From(host, "203.0.113.9");
        Assert.Equal(HttpStatusCode.Unauthorized, (await elsewhere.GetAsync("/api/policies", Stop)).StatusCode);
    }

    /// <summary>The last address is who called the proxy; what comes before it the caller wrote itself. IPv6 counts by network.</summary>
    [Theory]
    [InlineData("{0}, 198.51.100.7")]
    [InlineData("2001:db8:1:2::{0:x}")]
    public async Task A_guesser_gets_no_more_calls_by_other_addresses_of_the_same_caller(string forwardedFor)
    {
        await using var host = await StartAsync("AnonymousCallsPerMinute", 3);
        HttpResponseMessage? answer = null;

        for (var i = 1; i <= 4; i++)
        {
            using var client = From(host, string.Format(System.Globalization.CultureInfo.InvariantCulture, forwardedFor, i));
            answer = await client.GetAsync("/api/policies", Stop);
        }

        await RefusedAsync(answer!, 20);
    }

    private Task<AtpHost> StartAsync(string setting, int calls) => AtpHost.StartAsync(stack, new AtpHostOptions
    {
        Functions = [typeof(TestFunctions)],
        Settings = { [$"Atp:Limits:{setting}"] = $"{calls}" },
    });

    private HttpClient Administrator(AtpHost host, string subject, string application = "app")
    {
        var client = host.Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stack.Stack.Tokens.CreateToken(new TokenRequest
        {
            Subject = subject,
            ApplicationId = application,
            Audience = stack.Stack.Audience,
            Roles = ["Policies.Read"],
        }));
        return client;
    }

    private static HttpClient From(AtpHost host, string forwardedFor)
    {
        var client = host.Anonymous();
        client.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        return client;
    }

    private static async Task RefusedAsync(HttpResponseMessage answer, int seconds)
    {
        await answer.ProblemAsync(HttpStatusCode.TooManyRequests, "limits.too-many-requests");
        Assert.Equal(TimeSpan.FromSeconds(seconds), answer.Headers.RetryAfter?.Delta);
    }
}
