using Atp.Cli.Client;
namespace Atp.Cli.Up;
internal sealed class LocalSite : IAsyncDisposable
{
    public AtpClient Client => null!;
    public AgentClient Agents => null!;
    public Atp.Cli.Samples.SampleFiles Samples => null!;
    public long Transactions() => 0;
    public static Task<LocalSite> StartAsync(UpOptions options, Terminal terminal, CancellationToken ct) => null!;
    public void Introduce(Terminal terminal) {}
    public Task WaitForReportsAsync(Action<long, long> progress, TimeSpan within, CancellationToken ct) => null!;
    public Task<int> CountPoisonAsync(CancellationToken ct) => null!;
    public ValueTask DisposeAsync() => default;
}
