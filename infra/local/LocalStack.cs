using System.Diagnostics.CodeAnalysis;

namespace Atp.Local;

/// <summary>What the functions need from Azure, on 127.0.0.1: storage, Key Vault and an issuer of tokens.</summary>
[SuppressMessage("Naming", "CA1711", Justification = "The word people use for it; it is no collection.")]
public sealed class LocalStack : IAsyncDisposable
{
    /// <summary>Every app role that the functions know.</summary>
    public static IReadOnlyList<string> AllRoles { get; } =
        ["Policies.Read", "Policies.ReadWrite", "Deployments.ReadWrite", "Devices.ReadWrite", "Health.Read", "Audit.Read"];

    private const string DashboardClientId = "atp-dashboard";

    private readonly LocalStackState state;

    private LocalStack(LocalStackState state, string audience, TokenIssuer tokens, KeyVaultEmulator keyVault, Azurite azurite)
    {
        this.state = state;
        Audience = audience;
        Tokens = tokens;
        KeyVault = keyVault;
        Azurite = azurite;
        AdministratorClient = Administrator(state, audience);
        SignInPassword = state.SignInPassword;
    }

    public TokenIssuer Tokens { get; }

    public KeyVaultEmulator KeyVault { get; }

    public Azurite Azurite { get; }

    public string Audience { get; }

    /// <summary>Client <c>local-admin</c>: gets tokens for the API with every role, and none for the vault.</summary>
    public LocalClient AdministratorClient { get; }

    /// <summary>Whom the sign-in page offers: with every role, with those of an analyst, of somebody who may only look, and with none.</summary>
    public static IReadOnlyList<LocalUser> Users { get; } =
    [
        new("administrator@atp.local", "Local administrator", AllRoles),
        new("analyst@atp.local", "Local analyst", ["Health.Read"]),
        new("reader@atp.local", "Local reader", ["Policies.Read", "Health.Read"]),
        new("nobody@atp.local", "Local nobody", []),
    ];

    /// <summary>With which each of them signs in.</summary>
    public string SignInPassword { get; }

    /// <exception cref="LocalStackException">A part can't start; the parts that had started are stopped again.</exception>
    public static async Task<LocalStack> StartAsync(LocalStackOptions options, CancellationToken ct)
    {
        var state = LocalStackState.Open(options.DataFolder, options.StorageAccounts);
        TokenIssuer? tokens = null;
        KeyVaultEmulator? keyVault = null;
        try
        {
            tokens = await TokenIssuer.StartAsync(new TokenIssuerOptions
            {
                DataFolder = Folder(options, "tokens"),
                Port = options.TokenPort,
                Clients = [Administrator(state, options.Audience), Functions(state), .. options.Clients],
                SignIn = new SignInOptions(DashboardClientId, options.Audience, state.SignInPassword, [.. Users, .. options.Users]),
                Clock = options.Clock,
            }, ct);
            keyVault = await KeyVaultEmulator.StartAsync(new KeyVaultEmulatorOptions
            {
                DataFolder = Folder(options, "vault"),
                Port = options.KeyVaultPort,
                Clock = options.Clock,
            }, tokens, ct);
            var azurite = await Azurite.StartAsync(new AzuriteOptions
            {
                DataFolder = Folder(options, "azurite"),
                BlobPort = options.BlobPort,
                QueuePort = options.QueuePort,
                TablePort = options.TablePort,
                Accounts = state.Accounts,
                Progress = options.Progress,
            }, ct);
            return new LocalStack(state, options.Audience, tokens, keyVault, azurite);
        }
        catch
        {
            await StopAsync(state, tokens, keyVault, azurite: null);
            throw;
        }
    }

    /// <summary>The settings of the functions app for one of the storage accounts, under their configuration keys
    /// (with colons). They contain the account's key: hand them to a process, don't print them.</summary>
    public IReadOnlyDictionary<string, string?> Settings(StorageAccount account) => new Dictionary<string, string?>
    {
        ["AzureWebJobsStorage"] = account.ConnectionString,
        ["Atp:Storage:TableEndpoint"] = account.TableEndpoint.AbsoluteUri,
        ["Atp:Storage:BlobEndpoint"] = account.BlobEndpoint.AbsoluteUri,
        ["Atp:Storage:QueueEndpoint"] = account.QueueEndpoint.AbsoluteUri,
        ["Atp:Storage:ReportingTableEndpoint"] = account.TableEndpoint.AbsoluteUri,
        ["Atp:KeyVault:Endpoint"] = KeyVault.Endpoint.AbsoluteUri,
        ["Atp:Entra:Authority"] = Tokens.Issuer,
        ["Atp:Entra:Audience"] = Audience,
        ["Atp:Entra:DashboardClientId"] = DashboardClientId,
        ["Atp:LocalTrust:StorageAccountName"] = account.Name,
        ["Atp:LocalTrust:StorageAccountKey"] = account.Key,
        ["Atp:LocalTrust:KeyVaultCertificateSha256"] = KeyVault.CertificateSha256,
        ["Atp:LocalTrust:TokenEndpoint"] = Tokens.TokenEndpoint.AbsoluteUri,
        ["Atp:LocalTrust:ClientId"] = Functions(state).Id,
        ["Atp:LocalTrust:ClientSecret"] = Functions(state).Secret,
        ["Atp:LocalTrust:AllowHttpAuthority"] = "true",
    };

    public ValueTask DisposeAsync() => StopAsync(state, Tokens, KeyVault, Azurite);

    private static LocalClient Administrator(LocalStackState state, string audience) =>
        new("local-admin", state.AdministratorSecret, [audience], AllRoles);

    private static LocalClient Functions(LocalStackState state) =>
        new("atp-functions", state.FunctionsSecret, [KeyVaultEmulator.Audience], Roles: []);

    private static string? Folder(LocalStackOptions options, string part) =>
        options.DataFolder is null ? null : Path.Combine(options.DataFolder, part);

    private static async ValueTask StopAsync(
        LocalStackState state, TokenIssuer? tokens, KeyVaultEmulator? keyVault, Azurite? azurite)
    {
        foreach (var part in new IAsyncDisposable?[] { azurite, keyVault, tokens })
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }
        state.Dispose();
    }
}
