using System.Globalization;

namespace Atp.Cli.Client;

public sealed partial class AtpClient
{
    /// <param name="conditions">By name; those without a value are left out.</param>
    /// <param name="pageSize">1,000 at most.</param>
    /// <param name="ct">Cancels.</param>
    public IAsyncEnumerable<AuditEntryAnswer> ListAuditAsync(
        IEnumerable<(string Name, string? Value)> conditions, int pageSize, CancellationToken ct) =>
        ListAsync<AuditEntryAnswer>(Query("/api/audit", conditions, pageSize), ct);

    /// <summary>The chains of these days, each verified; all that are kept where a day isn't given.</summary>
    public IAsyncEnumerable<AuditChainAnswer> VerifyAuditAsync(DateOnly? from, DateOnly? to, CancellationToken ct) =>
        ListAsync<AuditChainAnswer>(Query("/api/audit/chains", [("from", Day(from)), ("to", Day(to))], 100), ct);

    /// <summary>One chain, with the hash that the entry of this sequence has.</summary>
    public Task<AuditChainAnswer> VerifyAuditChainAsync(string partition, int sequence, CancellationToken ct) => GetAsync<AuditChainAnswer>(
        string.Create(CultureInfo.InvariantCulture, $"/api/audit/chains/{Uri.EscapeDataString(partition)}?sequence={sequence}"), ct);

    private static string? Day(DateOnly? day) => day?.ToString("O", CultureInfo.InvariantCulture);

    private static string Query(string path, IEnumerable<(string Name, string? Value)> conditions, int pageSize) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}?pageSize={pageSize}") + string.Concat(
            conditions.Where(c => c.Value is not null).Select(c => $"&{c.Name}={Uri.EscapeDataString(c.Value!)}"));
}
