using Atp.Infra.Tests.SelfHost;
using Atp.Local;
using Azure.Storage.Queues;

[assembly: AssemblyFixture(typeof(StorageFixture))]

namespace Atp.Infra.Tests.SelfHost;

/// <summary>One Azurite for the hosts of all tests; each test takes an account of its own.</summary>
public sealed class StorageFixture : IAsyncLifetime
{
    private Azurite azurite = null!;
    private int nextAccount = -1;

    public async ValueTask InitializeAsync() => azurite = await Azurite.StartAsync(
        new AzuriteOptions { AccountCount = 200 }, CancellationToken.None);

    public StorageAccount NextAccount() => azurite.Accounts[Interlocked.Increment(ref nextAccount)];

    public ValueTask DisposeAsync() => azurite.DisposeAsync();
}

internal static class StorageAccountExtensions
{
    /// <summary>Bodies as they are, neither encoded nor decoded.</summary>
    public static QueueClient Queue(this StorageAccount account, string name) =>
        new(account.ConnectionString, name, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None });
}
