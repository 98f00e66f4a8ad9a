namespace Atp.Local;

/// <summary>An application that may ask the token endpoint for tokens: with which secret, for which audiences,
/// and with which app roles in them.</summary>
public sealed record LocalClient(string Id, string Secret, IReadOnlyList<string> Audiences, IReadOnlyList<string> Roles)
{
    // A record would print the secret wherever the client is logged.
    public override string ToString() => $"client {Id}";
}
