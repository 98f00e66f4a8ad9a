using Atp.Local;

namespace Atp.Infra.Tests.Local;

/// <summary>An issuer for all tests of a class: making its RSA key takes longer than most of them.</summary>
public sealed class IssuerFixture : IAsyncLifetime
{
    internal const string Audience = "api://atp-functions";

    public static LocalClient Client { get; } = new("some-client", "se+cret: %&", [Audience], ["Policies.Read"]);

    public TokenIssuer Tokens { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Tokens = await TokenIssuer.StartAsync(new TokenIssuerOptions { Clients = [Client] }, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Tokens.DisposeAsync();
}
