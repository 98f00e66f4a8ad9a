using Atp.Functions.Tests;
using Atp.Local;
using Atp.Local.SamplePackages;

[assembly: AssemblyFixture(typeof(TestStack))]

namespace Atp.Functions.Tests;

/// <summary>One local stack for the whole run, in memory. Each site gets a storage account of its own, so tests don't meet.</summary>
public sealed class TestStack : IAsyncLifetime
{
    private int nextAccount = -1;

    public LocalStack Stack { get; private set; } = null!;

    /// <summary>Signs the sample files; every test site trusts its root.</summary>
    public SampleAuthority Authority { get; } = SampleAuthority.Create();

    public async ValueTask InitializeAsync() =>
        Stack = await LocalStack.StartAsync(new LocalStackOptions { StorageAccounts = 1_000 }, CancellationToken.None);

    public StorageAccount NextAccount() => Stack.Azurite.Accounts[Interlocked.Increment(ref nextAccount)];

    public async ValueTask DisposeAsync()
    {
        Authority.Dispose();
        await Stack.DisposeAsync();
    }
}
