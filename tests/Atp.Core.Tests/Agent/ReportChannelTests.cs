using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Atp.Core.Agent;
using Atp.Core.Secrets;
using Atp.Core.Site;
using Atp.Core.Storage;
using Atp.Core.Telemetry;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Atp.Core.Tests.Agent;

/// <summary>The address that devices report to: what it allows, how long, and who signed it.</summary>
public sealed class ReportChannelTests
{
    private readonly SetClock clock = new();
    private readonly DelegationService delegation = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(60, 120)]
    [InlineData(45, 90)]
    [InlineData(1, 60)]
    [InlineData(1440, 2880)]
    public async Task It_allows_to_add_to_one_queue_for_two_check_ins_and_an_hour_at_least(int checkInMinutes, int lifetimeMinutes)
    {
        using var channel = Channel("http://127.0.0.1:10001/account", checkInMinutes);

        var address = await channel.GetAsync(Stop);

        var sas = Fields(address);
        Assert.Equal("/account/device-reports", address.QueueUri.AbsolutePath);
        Assert.Equal(clock.Now.AddMinutes(lifetimeMinutes), address.ExpiresAt);
        Assert.Equal(("a", address.ExpiresAt), (sas["sp"], Time(sas["se"])));
        Assert.Equal("/api/agent/reports", address.Url);
        Assert.DoesNotContain("spr", sas.Keys); // the emulator has no TLS
        Assert.DoesNotContain("skoid", sas.Keys);
    }

    [Fact]
    public async Task In_Azure_a_delegation_signs_it_that_outlives_it_and_it_works_over_TLS_only()
    {
        using var channel = Channel("https://account.queue.core.windows.net", 1440);
        for (var day = 0; day < 15; day++)
        {
            var sas = Fields(await channel.GetAsync(Stop));
            Assert.Equal(("a", "https"), (sas["sp"], sas["spr"]));
            Assert.Equal(DelegationService.ObjectId, sas["skoid"]);
            Assert.InRange(Time(sas["se"]), clock.Now.AddHours(47), Time(sas["ske"]));
            clock.Now += TimeSpan.FromDays(1);
        }

        Assert.InRange(delegation.Asked, 2, 4); // one serves for days
    }

    private ReportChannel Channel(string endpoint, int checkInMinutes)
    {
        var uri = new Uri(endpoint);
        var local = uri.IsLoopback ? new LocalTrust { StorageAccountName = "account", StorageAccountKey = Convert.ToBase64String(new byte[64]) } : null;
        var options = new StorageOptions { TableEndpoint = uri, BlobEndpoint = uri, QueueEndpoint = uri };
        return new ReportChannel(new StorageClients(options, local, new NoCredential(), Transactions(), [delegation]),
            Options.Create(new SiteOptions { CheckInMinutes = checkInMinutes }), clock);
    }

    private static StorageTransactions Transactions() =>
        new(new AtpMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>()));

    private static Dictionary<string, string> Fields(ReportAddress address) => address.QueueUri.Query[1..].Split('&').Select(f => f.Split('='))
        .ToDictionary(f => f[0], f => Uri.UnescapeDataString(f[1]));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>Azure's part: gives the key that was asked for.</summary>
    private sealed class DelegationService : HttpPipelinePolicy
    {
        public const string ObjectId = "11111111-2222-3333-4444-555555555555";

        public int Asked { get; private set; }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            Assert.Contains("comp=userdelegationkey", message.Request.Uri.Query, StringComparison.Ordinal);
            using var body = new MemoryStream();
            await message.Request.Content!.WriteToAsync(body, message.CancellationToken);
            body.Position = 0;
            var expiry = System.Xml.Linq.XDocument.Load(body).Root!.Element("Expiry")!.Value;
            Asked++;
            message.Response = new XmlResponse(
                $"<UserDelegationKey><SignedOid>{ObjectId}</SignedOid><SignedTid>{ObjectId}</SignedTid><SignedStart>2026-03-04T00:00:00Z</SignedStart>"
                + $"<SignedExpiry>{expiry}</SignedExpiry><SignedService>q</SignedService><SignedVersion>2025-07-05</SignedVersion>"
                + $"<Value>{Convert.ToBase64String(new byte[32])}</Value></UserDelegationKey>");
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }

    private sealed class NoCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class XmlResponse(string xml) : Response
    {
        public override int Status => 200;

        public override string ReasonPhrase => "OK";

        public override Stream? ContentStream { get; set; } = new MemoryStream(Encoding.UTF8.GetBytes(xml));

        public override string ClientRequestId { get; set; } = "";

        /// <summary>What is buffered stays readable, as with real ones.</summary>
        public override void Dispose()
        {
        }

        protected override bool ContainsHeader(string name) => false;

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
        {
            value = null;
            return false;
        }

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
        {
            values = null;
            return false;
        }
    }
}
