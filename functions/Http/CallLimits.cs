using System.Net;
using System.Threading.RateLimiting;
using Atp.Core.Errors;
using Microsoft.Extensions.Options;

namespace Atp.Functions.Http;

/// <summary>
/// How often who may call. Counted by each instance for itself and in memory only, so that a limit costs no storage transaction and
/// no outage of a counter stops the service; with n instances a caller may get n times as much.
/// </summary>
/// <remarks>
/// Memory is bounded. Administrators and devices are counted once their credential has proven who they are, so nobody makes them up,
/// and the limiter forgets each some ten seconds after the allowance is whole again. Addresses, which an attacker may have many of,
/// share a fixed number of allowances.
/// </remarks>
public sealed class CallLimits(IOptions<LimitOptions> options) : IDisposable
{
    private const int Allowances = 4096;
    private readonly PartitionedRateLimiter<string> administrators = PerMinute<string>(options.Value.AdministratorCallsPerMinute);
    private readonly PartitionedRateLimiter<string> devices = PerMinute<string>(options.Value.DeviceCallsPerMinute);
    private readonly PartitionedRateLimiter<int> addresses = PerMinute<int>(options.Value.AnonymousCallsPerMinute);

    /// <summary>Counts a call of an administrator whose token was good.</summary>
    /// <exception cref="DomainException">Too many.</exception>
    public void CountAdministrator(string callerId) => Count(administrators, callerId, "You make");

    /// <summary>Counts a call of a device whose token was good: nobody else can use up its allowance.</summary>
    /// <exception cref="DomainException">Too many.</exception>
    public void CountDevice(string deviceId) => Count(devices, deviceId, "The device makes");

    /// <summary>
    /// Counts a call without a good credential, so that guessing costs the guesser. Callers with a good one behind the same address
    /// are never counted here, nor held up.
    /// </summary>
    /// <exception cref="DomainException">Too many.</exception>
    public void CountAnonymous(string? address) => Count(addresses, AllowanceOf(address), "Your network address makes");

    public void Dispose()
    {
        administrators.Dispose();
        devices.Dispose();
        addresses.Dispose();
    }

    /// <summary>
    /// One of a fixed number, by a hash whose seed is this process's own: which addresses meet can't be foreseen. Of an IPv6 address
    /// the network counts, since its holder has the rest to choose from.
    /// </summary>
    private static int AllowanceOf(string? address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return 0;
        }

        var bytes = (parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed).GetAddressBytes();
        var hash = new HashCode();
        hash.AddBytes(bytes.AsSpan(0, Math.Min(bytes.Length, 8)));
        return (hash.ToHashCode() & int.MaxValue) % Allowances;
    }

    private static void Count<T>(PartitionedRateLimiter<T> limiter, T key, string who)
    {
        using var lease = limiter.AttemptAcquire(key);
        if (!lease.IsAcquired)
        {
            var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var given) ? given : TimeSpan.FromMinutes(1);
            throw new DomainError(ErrorKind.TooManyRequests, "limits.too-many-requests",
                $"{who} more calls than this service takes. Wait as long as Retry-After says, then go on more slowly.")
            {
                RetryAfter = wait,
            }.ToException();
        }
    }

    /// <summary>A bucket that holds a minute's worth and fills up evenly.</summary>
    private static PartitionedRateLimiter<T> PerMinute<T>(int calls)
        where T : notnull => PartitionedRateLimiter.Create<T, T>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = calls,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1) / calls,
            AutoReplenishment = true,
        }));
}
