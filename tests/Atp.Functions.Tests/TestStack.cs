using Atp.Functions.Tests;
using Atp.Local;
using Atp.Local.SamplePackages;

[assembly: AssemblyFixture(typeof(TestStack))]

namespace Atp.Functions.Tests;

/// <summary>One local stack for the whole run, in memory. Each site gets a storage account of its own, so tests don't meet.</summary>
public sealed class TestStack : IAsyncLifetime
{
    private const int AccountsEach = 500;
    private int nextAccount = -1;

    /// <summary>Beside the stack's own: one process of it uses one core, and the tests wait for little else.</summary>
    private Azurite second = null!;

    public LocalStack Stack { get; private set; } = null!;

    /// <summary>Signs the sample files; every test site trusts its root.</summary>
    public SampleAuthority Authority { get; } = SampleAuthority.Create();

    public async ValueTask InitializeAsync()
    {
        Stack = await LocalStack.StartAsync(new LocalStackOptions { StorageAccounts = AccountsEach }, CancellationToken.None);
        second = await Azurite.StartAsync(new AzuriteOptions { AccountCount = AccountsEach }, CancellationToken.None);
    }

    public StorageAccount NextAccount()
    {
        var next = Interlocked.Increment(ref nextAccount);
        return (next % 2 == 0 ? Stack.Azurite : second).Accounts[next / 2];
    }

    public async ValueTask DisposeAsync()
    {
        Authority.Dispose();
        await second.DisposeAsync();
        await Stack.DisposeAsync();
    }
}
