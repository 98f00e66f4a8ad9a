using System.Security.Cryptography;
using System.Text;
using Atp.Core.Errors;

namespace Atp.Core.Requests;

/// <summary>Who asks.</summary>
/// <param name="Id">The token's subject and application, or <c>device:{id}</c>; stable, goes to the audit.</param>
/// <param name="DisplayName">For people; the id where the token carries no name.</param>
public sealed record Caller(string Id, string DisplayName)
{
    /// <summary>The network address that the call came from; null for the service itself.</summary>
    public string? Address { get; init; }

    public static Caller Device(string deviceId) => new($"device:{deviceId}", deviceId);

    /// <summary>The service itself: timers and queue functions.</summary>
    public static Caller Service { get; } = new("service", "Atp.Functions");
}

/// <summary>One request for a change: who asks, and what makes a repeat of it recognisable.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="RepeatabilityId">The request's <c>Repeatability-Request-ID</c>, when it has one.</param>
/// <param name="BodySha256">Hex SHA-256 of what was asked: equal for a true repeat, whatever its encoding.</param>
public sealed record ChangeRequest(Caller Caller, string? RepeatabilityId, string BodySha256)
{
    /// <summary>
    /// The id of what this request creates: derived from the caller and the request's id, so that a repeat meets its own
    /// row; a version-7 UUID when the request has none. Lower case.
    /// </summary>
    public string NewId(TimeProvider clock)
    {
        if (RepeatabilityId is null)
        {
            return Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Caller.Id}\n{RepeatabilityId}"));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80); // version 8: made of a hash of our own (RFC 9562)
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true).ToString();
    }

    /// <summary>What the row that this request writes carries, so that a repeat recognises it. Made once for each call.</summary>
    public string NewMark(TimeProvider clock) => $"{NewId(clock)} {BodySha256}";

    /// <summary>Whether the row with this mark was written by this request.</summary>
    /// <param name="found">The row's mark.</param>
    /// <param name="mine">From <see cref="NewMark"/>.</param>
    /// <exception cref="DomainException">When the first request with this id asked for something else.</exception>
    public bool HasMarked(string? found, string mine)
    {
        if (found is null || found.Split(' ')[0] != mine.Split(' ')[0])
        {
            return false;
        }

        if (found != mine)
        {
            MustRepeat(found.Split(' ')[1]);
        }

        return true;
    }

    /// <summary>Called when the row that this request would create is already there.</summary>
    /// <exception cref="DomainException">When the first request with this id asked for something else.</exception>
    public void MustRepeat(string? firstBodySha256)
    {
        if (RepeatabilityId is null || firstBodySha256 != BodySha256)
        {
            throw new DomainError(ErrorKind.RepeatedWithOtherBody, "request.repeated-with-other-body",
                "A request with this Repeatability-Request-ID was made before with another body. Use a new id for a new request.")
                .ToException();
        }
    }
}
