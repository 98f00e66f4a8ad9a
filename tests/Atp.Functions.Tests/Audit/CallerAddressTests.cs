using System.Net;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Atp.Functions.Tests.Audit;

/// <summary>What a caller writes into X-Forwarded-For is worth something only where a proxy on this machine added to it.</summary>
public sealed class CallerAddressTests
{
    [Theory]
    [InlineData("198.51.100.9", null, "198.51.100.9")]
    [InlineData("198.51.100.9", "10.0.0.1", "198.51.100.9")] // no proxy: made up
    [InlineData("::ffff:198.51.100.9", "10.0.0.1", "198.51.100.9")]
    [InlineData("2001:db8::9", "127.0.0.1", "2001:db8::9")]
    [InlineData("127.0.0.1", null, "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("::1", "203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1", "203.0.113.7:4711", "203.0.113.7")]
    [InlineData("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7")]
    [InlineData("127.0.0.1", "10.0.0.1, 203.0.113.7", "203.0.113.7")] // the first is what the caller sent
    [InlineData("127.0.0.1", "10.0.0.1|203.0.113.7", "203.0.113.7")] // in two headers
    [InlineData("127.0.0.1", "203.0.113.7, unknown", "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.7,", "127.0.0.1")]
    [InlineData("127.0.0.1", "<script>", "127.0.0.1")]
    public void The_address_is_that_of_the_peer_or_what_the_proxy_on_this_machine_said_last(string peer, string? forwarded, string expected)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (forwarded is not null)
        {
            http.Request.Headers["X-Forwarded-For"] = new StringValues(forwarded.Split('|'));
        }

        Assert.Equal(expected, http.CallerAddress());
    }
}
