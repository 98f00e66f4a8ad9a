namespace Atp.Local;

/// <summary>What an access token is to say.</summary>
public sealed record TokenRequest
{
    /// <summary>Becomes <c>sub</c>, and <c>oid</c>: as it is if it is a GUID, else a GUID derived from it.</summary>
    public required string Subject { get; init; }

    public required string Audience { get; init; }

    /// <summary>App roles, such as <c>Policies.Read</c>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Zero or less gives a token that has expired, for tests.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>More than zero gives a token that is not valid yet.</summary>
    public TimeSpan StartsIn { get; init; }

    public string? Name { get; init; }

    /// <summary>The user's sign-in name: <c>preferred_username</c>, or <c>unique_name</c> in version 1.0.</summary>
    public string? UserName { get; init; }

    /// <summary>Of a sign-in, in its identity token.</summary>
    public string? Nonce { get; init; }

    /// <summary>The client that asked: <c>azp</c>, or <c>appid</c> in version 1.0.</summary>
    public string? ApplicationId { get; init; }

    /// <summary>As Entra ID issues to applications that ask for the older tokens: another issuer, and other names of claims.</summary>
    public bool IsVersion1 { get; init; }
}
