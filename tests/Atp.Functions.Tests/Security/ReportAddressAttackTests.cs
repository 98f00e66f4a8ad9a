using System.Globalization;
using System.Net;
using System.Text;
using Atp.Core.Storage;
using Microsoft.AspNetCore.WebUtilities;

namespace Atp.Functions.Tests.Security;

/// <summary>
/// The address that a check-in hands out, in the hands of somebody else: it adds messages to one queue until its end. Each attempt is
/// a plain request to the storage account itself, which has to refuse it.
/// </summary>
public sealed class ReportAddressAttackTests(TestStack stack) : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private AtpHost host = null!;
    private Uri address = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await AtpHost.StartAsync(stack, new AtpHostOptions
        {
            Disabled = QueueDriver.QueueFunctions,
            Settings = { ["Atp:Site:ShardCount"] = "1" }
        });
        address = await AddressAsync(host);
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task It_says_that_it_may_add_to_this_queue_and_for_how_long()
    {
        var query = QueryHelpers.ParseQuery(address.Query);

        Assert.Equal("a", query["sp"]);
        Assert.EndsWith($"/{Queues.DeviceReports}", address.AbsolutePath, StringComparison.Ordinal);
        var end = DateTimeOffset.Parse(query["se"].ToString(), CultureInfo.InvariantCulture);
        Assert.InRange(end - host.Clock.GetUtcNow(), TimeSpan.FromMinutes(1), TimeSpan.FromHours(26));
        Assert.DoesNotContain("ss", query.Keys); // of the account
        Assert.DoesNotContain("si", query.Keys); // of a stored policy, which could be changed
        Assert.Equal(HttpStatusCode.Created, await SendAsync(HttpMethod.Post, address, "/messages", body: "a message"));
    }

    [Theory]
    [InlineData("reads messages", "GET", "/messages", "")]
    [InlineData("reads many messages", "GET", "/messages", "numofmessages=32&visibilitytimeout=1")]
    [InlineData("peeks", "GET", "/messages", "peekonly=true")]
    [InlineData("clears the queue", "DELETE", "/messages", "")]
    [InlineData("deletes a message", "DELETE", "/messages/{id}", "popreceipt={receipt}")]
    [InlineData("updates a message", "PUT", "/messages/{id}", "popreceipt={receipt}&visibilitytimeout=0")]
    [InlineData("deletes the queue", "DELETE", "", "")]
    [InlineData("asks how long the queue is", "GET", "", "comp=metadata")]
    [InlineData("asks it without a body", "HEAD", "", "comp=metadata")]
    [InlineData("sets metadata", "PUT", "", "comp=metadata")]
    [InlineData("reads who may what", "GET", "", "comp=acl")]
    [InlineData("sets who may what", "PUT", "", "comp=acl")]
    public async Task The_holder_can_not_do_more_than_add(string what, string method, string path, string query)
    {
        var queue = host.Queue(Queues.DeviceReports);
        await queue.SendMessageAsync("a report", Stop);
        var message = (await queue.ReceiveMessagesAsync(1, TimeSpan.FromMinutes(5), Stop)).Value.Single();
        await queue.SendMessageAsync("another report", Stop);
        string Filled(string text) => text.Replace("{id}", message.MessageId, StringComparison.Ordinal)
            .Replace("{receipt}", Uri.EscapeDataString(message.PopReceipt), StringComparison.Ordinal);

        var status = await SendAsync(new HttpMethod(method), address, Filled(path), Filled(query), method == "PUT" ? "changed" : null);

        Assert.True(status == HttpStatusCode.Forbidden, $"{what}: {status}");
        Assert.Equal(2, (await queue.GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount);
        Assert.Equal("another report", (await queue.PeekMessageAsync(Stop)).Value.Body.ToString());
    }

    public static TheoryData<string> OtherQueues { get; } =
        [.. Queues.All.Where(q => q != Queues.DeviceReports), Queues.DeviceReports + Queues.PoisonSuffix];

    [Theory]
    [MemberData(nameof(OtherQueues))]
    public async Task It_adds_to_no_other_queue(string name)
    {
        await host.Queue(name).CreateIfNotExistsAsync(cancellationToken: Stop);
        var other = new Uri(address.AbsoluteUri.Replace(Queues.DeviceReports, name, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Post, other, "/messages", body: "a message"));
        Assert.Equal(0, (await host.Queue(name).GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task It_opens_nothing_else_of_the_account()
    {
        var account = address.AbsoluteUri[..address.AbsoluteUri.IndexOf($"/{Queues.DeviceReports}", StringComparison.Ordinal)];
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, new Uri($"{account}/{address.Query}"), "", "comp=list"));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get,
            new Uri($"{host.Account.BlobEndpoint}/{Containers.Onboarding}{address.Query}"), "", "restype=container&comp=list"));
        foreach (var table in new[] { TableNames.Fleet, TableNames.Audit })
        {
            var status = await SendAsync(HttpMethod.Get, new Uri($"{host.Account.TableEndpoint}/{table}(){address.Query}"), "");
            Assert.True((int)status is >= 400 and < 500, $"{table}: {status}");
        }
    }

    [Theory]
    [InlineData("sp", "raup")]
    [InlineData("sp", "ar")]
    [InlineData("se", "2099-01-01T00:00:00Z")]
    [InlineData("sig", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("sig", "")]
    [InlineData("sig", null)]
    [InlineData("se", null)]
    [InlineData("sp", null)]
    public async Task A_field_of_it_that_was_changed_or_left_out_makes_it_worthless(string field, string? value)
    {
        var fields = QueryHelpers.ParseQuery(address.Query).ToDictionary(f => f.Key, f => (string?)f.Value.ToString());
        fields[field] = value;
        var changed = new Uri(QueryHelpers.AddQueryString(address.GetLeftPart(UriPartial.Path), fields.Where(f => f.Value is not null)));

        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Post, changed, "/messages", body: "a message"));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, changed, "/messages", "peekonly=true"));
    }

    [Fact]
    public async Task After_its_end_it_adds_nothing()
    {
        var past = new TestClock();
        past.Advance(TimeSpan.FromHours(-30)); // storage has the real time
        await using var earlier = await AtpHost.StartAsync(stack, new AtpHostOptions { Clock = past, Disabled = QueueDriver.QueueFunctions });
        var ended = await AddressAsync(earlier);
        var end = DateTimeOffset.Parse(QueryHelpers.ParseQuery(ended.Query)["se"].ToString(), CultureInfo.InvariantCulture);
        Assert.True(end < DateTimeOffset.UtcNow, $"It ends at {end} only.");

        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Post, ended, "/messages", body: "a message"));
        Assert.Equal(0, (await earlier.Queue(Queues.DeviceReports).GetPropertiesAsync(Stop)).Value.ApproximateMessagesCount);
    }

    private static async Task<Uri> AddressAsync(AtpHost host)
    {
        await host.ImportAsync([TestSite.Line("pc-1")]);
        return new Uri((string)(await (await host.EnrollAsync("pc-1")).CheckInAsync())["reports"]!["queueUri"]!);
    }

    private async Task<HttpStatusCode> SendAsync(HttpMethod method, Uri address, string path, string query = "", string? body = null)
    {
        using var request = new HttpRequestMessage(method, $"{address.GetLeftPart(UriPartial.Path)}{path}{address.Query}&{query}".TrimEnd('&'));
        request.Headers.Add("x-ms-version", "2024-08-04");
        if (body is not null)
        {
            request.Content = new StringContent($"<QueueMessage><MessageText>{body}</MessageText></QueueMessage>", Encoding.UTF8, "application/xml");
        }

        using var answer = await http.SendAsync(request, Stop);
        return answer.StatusCode;
    }
}
