using System.Net;
using Atp.Core.Errors;

namespace Atp.Functions.Tests.Http;

public sealed class ProblemTests(TestStack stack)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_kind_of_failure_has_its_status()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Functions = [typeof(TestFunctions)] });
        var expected = new Dictionary<ErrorKind, int>
        {
            [ErrorKind.Invalid] = 400,
            [ErrorKind.Unauthenticated] = 401,
            [ErrorKind.Forbidden] = 403,
            [ErrorKind.NotFound] = 404,
            [ErrorKind.NotAcceptable] = 406,
            [ErrorKind.Conflict] = 409,
            [ErrorKind.Stale] = 412,
            [ErrorKind.TooLarge] = 413,
            [ErrorKind.UnsupportedContent] = 415,
            [ErrorKind.RepeatedWithOtherBody] = 422,
            [ErrorKind.PreconditionMissing] = 428,
            [ErrorKind.Unavailable] = 503,
            [ErrorKind.TooManyRequests] = 429,
        };
        foreach (var kind in Enum.GetValues<ErrorKind>())
        {
            using var answer = await host.Admin.GetAsync($"/api/test/failures/{kind}", Stop);
            var problem = await answer.ProblemAsync((HttpStatusCode)expected[kind], "test.failed", "name");
            Assert.Equal("What was wrong.", (string?)problem["detail"]);
            Assert.Equal("Why.", (string?)problem["errors"]!["name"]![0]);
        }
    }

    [Fact]
    public async Task What_nobody_expected_is_logged_and_answered_without_a_word()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Functions = [typeof(TestFunctions)] });

        using var answer = await host.Admin.GetAsync("/api/test/failures/none", Stop);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Contains(host.Log.Lines, line => line.Contains("connection string, stack and secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_not_there_is_named_by_its_kind()
    {
        await using var host = await AtpHost.StartAsync(stack);
        var unknown = Guid.CreateVersion7();

        await (await host.Admin.GetAsync($"/api/policies/{unknown}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "policy.not-found");
        await (await host.Admin.GetAsync($"/api/collections/{unknown}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "collection.not-found");
        await (await host.Admin.GetAsync($"/api/deployments/{unknown}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "deployment.not-found");
        await (await host.Admin.GetAsync($"/api/devices/{unknown}", Stop)).ProblemAsync(HttpStatusCode.NotFound, "device.not-found");
        await (await host.Admin.GetAsync("/api/health/rollups/20260101T000000000Z", Stop)).ProblemAsync(HttpStatusCode.NotFound, "rollup.not-found");
    }

    [Theory]
    [InlineData("a%20b")]
    [InlineData("a%0A")]
    [InlineData("a%23b")]
    [InlineData("%E2%84%AAelvin")] // KELVIN SIGN, an ASCII k in lower case
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task A_device_id_with_forbidden_characters_is_refused(string id)
    {
        await using var host = await AtpHost.StartAsync(stack);

        await (await host.Admin.GetAsync($"/api/devices/{id}", Stop)).ProblemAsync(HttpStatusCode.BadRequest, "device.id-invalid", "deviceId");
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("a%23b")]
    [InlineData("a%3Fb")]
    [InlineData("%27%20or%20%27")]
    [InlineData("a%0Ab")]
    public async Task An_id_that_no_table_takes_is_an_id_of_nothing(string id)
    {
        await using var host = await AtpHost.StartAsync(stack);

        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/policies/{id}", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/policies/{id}/revisions", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/collections/{id}", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/collections/{id}/members", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/deployments/{id}", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.GetAsync($"/api/health/rollups/{id}", Stop)).StatusCode);
    }
}
