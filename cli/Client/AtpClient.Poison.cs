namespace Atp.Cli.Client;

public sealed partial class AtpClient
{
    /// <summary>As many as one request shows, or takes by their ids.</summary>
    public const int MostPoisonShown = 32;

    public IAsyncEnumerable<PoisonQueueAnswer> ListPoisonQueuesAsync(CancellationToken ct) => ListAsync<PoisonQueueAnswer>("/api/poison", ct);

    public Task<PoisonMessagesAnswer> ShowPoisonAsync(string queue, CancellationToken ct) =>
        GetAsync<PoisonMessagesAnswer>($"/api/poison/{Uri.EscapeDataString(queue)}", ct);

    /// <summary>Puts messages back on their queue: so many, or, when there are ids, these.</summary>
    public Task<PoisonChangeAnswer> ReplayPoisonAsync(string queue, int? max, IReadOnlyList<string>? messageIds, CancellationToken ct) =>
        PostAsync<PoisonChangeAnswer>($"/api/poison/{Uri.EscapeDataString(queue)}/replay", new { max, messageIds }, ct);

    /// <summary>Deletes messages for good: so many, or, when there are ids, these.</summary>
    public Task<PoisonChangeAnswer> DiscardPoisonAsync(string queue, int? max, IReadOnlyList<string>? messageIds, CancellationToken ct) =>
        PostAsync<PoisonChangeAnswer>($"/api/poison/{Uri.EscapeDataString(queue)}/discard", new { max, messageIds }, ct);
}
