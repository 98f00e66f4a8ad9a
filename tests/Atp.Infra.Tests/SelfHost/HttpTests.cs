using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Hosting;

namespace Atp.Infra.Tests.SelfHost;

public sealed class HttpTests(StorageFixture storage)
{
    private const string Prefix = "AzureFunctionsJobHost:extensions:http:routePrefix";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "api/things/red", "red ")]
    [InlineData("GET", "api/things/red/7", "red 7")]
    [InlineData("GET", "api/THINGS/a%20b/007", "a b 7")]
    [InlineData("POST", "api/Named", "by its name")]
    [InlineData("GET", "api/Named", "by its name")]
    public async Task Routes_lead_to_functions_and_fill_their_parameters(string method, string address, string expected)
    {
        await using var host = await StartAsync();

        using var answer = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), address), Stop);

        Assert.Equal((HttpStatusCode.OK, expected), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
    }

    [Theory]
    [InlineData("GET", "api/nothing")]
    [InlineData("GET", "things/red")] // without the prefix
    [InlineData("DELETE", "api/things/red")] // a wrong method, as on the genuine host
    [InlineData("GET", "api/things/red/seven")]
    [InlineData("GET", "api/converted/seven")] // no constraint in the route, but no number either
    public async Task What_no_function_serves_is_not_found(string method, string address)
    {
        await using var host = await StartAsync();

        using var answer = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), address), Stop);

        Assert.Equal((HttpStatusCode.NotFound, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
    }

    [Theory]
    [InlineData("", "things/red")]
    [InlineData("v1/fleet", "v1/fleet/things/red")]
    public async Task The_route_prefix_is_a_setting(string prefix, string address)
    {
        await using var host = await StartAsync(new() { [Prefix] = prefix });

        Assert.Equal("red ", await host.Client.GetStringAsync(address, Stop));
    }

    [Fact]
    public async Task A_route_may_hold_a_setting()
    {
        await using var host = await RunningHost.StartAsync(storage.NextAccount(), [typeof(RoutedBySetting)], new() { ["Place"] = "here" });

        Assert.Equal("found", await host.Client.GetStringAsync("api/at/here", Stop));
    }

    [Fact]
    public async Task Results_are_written_as_what_they_are()
    {
        await using var host = await StartAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await host.Client.GetAsync("api/results/nothing", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await host.Client.GetAsync("api/results/accepted", Stop)).StatusCode);
        Assert.Equal(5, await host.Client.GetFromJsonAsync<int>("api/results/number", Stop));
    }

    [Fact]
    public async Task An_exception_is_answered_500_without_a_word_and_the_next_call_is_served()
    {
        await using var host = await StartAsync();

        using var answer = await host.Client.GetAsync("api/results/failure", Stop);

        Assert.Equal((HttpStatusCode.InternalServerError, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
        Assert.Equal("red ", await host.Client.GetStringAsync("api/things/red", Stop));
    }

    [Fact]
    public async Task A_call_that_gets_stuck_ends_with_the_time_of_its_function()
    {
        await using var host = await StartAsync(new() { ["AzureFunctionsJobHost:functionTimeout"] = "00:00:00.500" });

        using var answer = await host.Client.GetAsync("api/stuck", Stop);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_that_stops_half_way_ends_with_the_time_of_its_function()
    {
        await using var host = await StartAsync(new() { ["AzureFunctionsJobHost:functionTimeout"] = "00:00:00.500" });
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, host.Client.BaseAddress!.Port, Stop);
        await using var stream = connection.GetStream();

        await stream.WriteAsync("POST /api/bodies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"u8.ToArray(), Stop);

        using var answer = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 500 Internal Server Error", await answer.ReadLineAsync(Stop));
    }

    [Fact]
    public async Task The_server_does_not_say_what_it_is_and_takes_no_endless_head()
    {
        await using var host = await StartAsync();

        Assert.False((await host.Client.GetAsync("api/things/red", Stop)).Headers.Contains("Server"));
        Assert.Equal(HttpStatusCode.RequestUriTooLong, (await host.Client.GetAsync($"api/things/{new string('a', 9_000)}", Stop)).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/things/red");
        request.Headers.Add("X-Long", new string('a', 33_000));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await host.Client.SendAsync(request, Stop)).StatusCode);
    }

    [Theory]
    [InlineData(null, null, HttpStatusCode.Unauthorized)]
    [InlineData("wrong", null, HttpStatusCode.Unauthorized)]
    [InlineData("right", null, HttpStatusCode.OK)]
    [InlineData(null, "right", HttpStatusCode.OK)]
    [InlineData("wrong", "right", HttpStatusCode.Unauthorized)] // the header wins
    public async Task A_function_that_asks_for_a_key_is_served_with_one(string? header, string? query, HttpStatusCode expected)
    {
        await using var host = await StartAsync(new() { ["SelfHost:Keys:0"] = "another", ["SelfHost:Keys:1"] = "right" });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/keyed?code={query}");
        if (header is not null)
        {
            request.Headers.Add("x-functions-key", header);
        }

        Assert.Equal(expected, (await host.Client.SendAsync(request, Stop)).StatusCode);
    }

    [Fact]
    public async Task Middleware_wraps_the_function_in_the_order_of_registration_and_may_replace_its_result()
    {
        await using var host = await RunningHost.StartAsync(storage.NextAccount(), [typeof(HttpFunctions)], configure: builder =>
        {
            builder.UseMiddleware(async (context, next) =>
            {
                await next();
                var result = context.GetInvocationResult();
                result.Value = TypedResults.Text($"outer {context.FunctionDefinition.Name} {context.Items["inner"]}");
            });
            builder.UseMiddleware(async (context, next) =>
            {
                context.Items["inner"] = context.GetHttpContext()!.Request.Path.Value!;
                await next();
            });
        });

        Assert.Equal("outer GetThing /api/things/red", await host.Client.GetStringAsync("api/things/red", Stop));
    }

    private Task<RunningHost> StartAsync(Dictionary<string, string?>? settings = null) =>
        RunningHost.StartAsync(storage.NextAccount(), [typeof(HttpFunctions)], settings);

    public static class HttpFunctions
    {
        [Function("GetThing")]
        public static string GetThing(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/{name}/{number:int?}")] HttpRequest request, string name, int? number) =>
            request.Method == "GET" ? $"{name} {number}" : "";

        [Function("Convert")]
        public static string Convert([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "converted/{number}")] HttpRequest request, int number) =>
            $"{request.Path} {number}";

        [Function("Named")]
        public static Task<IResult> NamedAsync([HttpTrigger(AuthorizationLevel.Anonymous)] HttpContext context, CancellationToken ct) =>
            Task.FromResult<IResult>(TypedResults.Text(ct.CanBeCanceled && context.Request.Path.HasValue ? "by its name" : ""));

        [Function("Result")]
        public static async Task<object?> ResultAsync(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "results/{kind}")] HttpRequest request, string kind, FunctionContext context)
        {
            await Task.Yield();
            return kind switch
            {
                "nothing" => null,
                "accepted" => TypedResults.Accepted(request.Path.Value),
                "number" => 5,
                _ => throw new InvalidOperationException($"{context.FunctionDefinition.Name} was meant to fail."),
            };
        }

        [Function("Stuck")]
        public static async Task<string> StuckAsync(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "stuck")] HttpRequest request, CancellationToken ct)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return request.Method;
        }

        [Function("Body")]
        public static async Task<string> BodyAsync(
            [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "bodies")] HttpRequest request, CancellationToken ct)
        {
            using var reader = new StreamReader(request.Body);
            return await reader.ReadToEndAsync(ct);
        }

        [Function("Keyed")]
        public static string Keyed([HttpTrigger("get")] HttpRequest request) => $"{request.Path} with a key";
    }

    public static class RoutedBySetting
    {
        [Function("Routed")]
        public static string Routed([HttpTrigger(AuthorizationLevel.Anonymous, Route = "at/%Place%")] HttpRequest request) =>
            request.Path.HasValue ? "found" : "";
    }
}
