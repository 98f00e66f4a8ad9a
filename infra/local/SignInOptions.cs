namespace Atp.Local;

/// <summary>Who may sign in with a browser, and for which application.</summary>
/// <param name="ClientId">The application: a public client, without a secret.</param>
/// <param name="Audience">What its access tokens are for.</param>
/// <param name="Password">All users' one. It keeps others on this machine from signing in, since they reach 127.0.0.1 too.</param>
/// <param name="Users">Whom the page offers.</param>
public sealed record SignInOptions(string ClientId, string Audience, string Password, IReadOnlyList<LocalUser> Users)
{
    // A record would print the password wherever the options are logged.
    public override string ToString() => $"sign-in for {ClientId}";
}
