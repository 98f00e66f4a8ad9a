using System.Globalization;
using System.Text.RegularExpressions;
using Atp.Core.Errors;
using Atp.Core.Site;
using Atp.Core.Storage;
using Microsoft.Extensions.Options;

namespace Atp.Core.Audit;

/// <summary>Reads the audit, and verifies it.</summary>
public sealed partial class AuditReader(AuditTable table, IOptions<SiteOptions> options, TimeProvider clock)
{
    /// <summary>A page of entries reads so many partitions and not one day more; one of chains so many rows and not one chain more.</summary>
    private const int MaxPartitionsPerPage = 512;
    private const int MaxRowsPerPage = 20_000;
    private const int PartitionsAtOnce = 16;
    private const int FewestRowsAtOnce = 20;

    /// <summary>Sorts before the key of every entry.</summary>
    private const string NewestKey = "0";
    private const string LastDay = "99991231";

    /// <summary>What is older is deleted, a whole day at a time.</summary>
    private DateTimeOffset KeptSince => clock.GetUtcNow().AddDays(-options.Value.KeepDays);

    /// <summary>
    /// The entries of a query, newest first: of each day the shards are merged as they stream. A page may be short or empty and still
    /// have a continuation: it reads a bounded number of days.
    /// </summary>
    /// <exception cref="DomainException">Invalid, by field, or an invalid continuation.</exception>
    public async Task<Page<ChainedEntry>> ListAsync(AuditQuery query, int pageSize, string? continuation, CancellationToken ct)
    {
        var filter = query.ToFilter(clock.GetUtcNow(), KeptSince);
        var shards = filter.Subject is { } subject ? [table.ShardOf(subject)] : table.Shards;
        var place = Place.Parse(continuation, Place.StartOf(DayOf(filter.Period.LastDay)));
        var firstDay = DayOf(filter.Period.From);
        var items = new List<ChainedEntry>(pageSize);
        for (var partitions = 0; place.Day >= firstDay; place = Place.StartOf(place.Day.AddDays(-1)))
        {
            if (items.Count == pageSize || partitions >= MaxPartitionsPerPage)
            {
                return new Page<ChainedEntry>(items, place.ToString());
            }

            partitions++;
            if (shards.Count > 1 && !await table.HasDayAsync(Place.KeyOf(place.Day), ct))
            {
                continue;
            }

            partitions += shards.Count;
            await foreach (var entry in MergedAsync(shards, filter, place, pageSize, ct))
            {
                if (items.Count == pageSize)
                {
                    return new Page<ChainedEntry>(items, Place.After(items[^1]).ToString());
                }

                items.Add(entry);
            }
        }

        return new Page<ChainedEntry>(items, null);
    }

    /// <summary>The chains of a time, each verified, oldest day first. A page may be short and still have a continuation.</summary>
    /// <param name="from">Its day is included; null: all that is kept.</param>
    /// <param name="to">Its day is included; null: today.</param>
    /// <param name="pageSize">How many chains at most.</param>
    /// <param name="continuation">From the page before.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DomainException">Invalid, by field, or an invalid continuation.</exception>
    public async Task<Page<ChainReport>> ChainsAsync(
        DateTimeOffset? from, DateTimeOffset? to, int pageSize, string? continuation, CancellationToken ct)
    {
        var errors = new FieldErrors();
        var period = AuditPeriod.Of(from, to, clock.GetUtcNow(), KeptSince, TimeSpan.FromDays(options.Value.KeepDays), errors);
        errors.ThrowIfAny();
        if (continuation is not null && (continuation.Length > 1024 || continuation.Any(char.IsControl)))
        {
            throw InvalidContinuation();
        }

        var last = continuation ?? AuditChain.DayOf(period.From);
        var end = RowKeys.EndOf(to is null ? LastDay : AuditChain.DayOf(to.Value));
        var reports = new List<ChainReport>();
        for (var rows = 0; await table.NextPartitionAsync(last, end, ct) is { } partition; last = partition)
        {
            if (reports.Count == pageSize || rows >= MaxRowsPerPage)
            {
                return new Page<ChainReport>(reports, last);
            }

            var report = await table.VerifyAsync(partition, null, ct);
            reports.Add(report);
            rows += report.Entries;
        }

        return new Page<ChainReport>(reports, null);
    }

    /// <summary>One chain, verified, with the hash that the entry of a sequence has.</summary>
    /// <exception cref="DomainException">Not found; its code tells a chain past its time from one that isn't there.</exception>
    public async Task<ChainReport> ChainAsync(string partition, int? sequence, CancellationToken ct)
    {
        if (AuditChain.IsPartition(partition) && string.CompareOrdinal(partition, AuditChain.DayOf(KeptSince)) < 0)
        {
            throw DomainError.NotFound("audit.chain-pruned", $"What is older than {options.Value.KeepDays} days is deleted.").ToException();
        }

        var report = AuditChain.IsPartition(partition) ? await table.VerifyAsync(partition, sequence, ct) : null;
        return report is { Entries: > 0 } or { FaultCount: > 0 }
            ? report
            : throw DomainError.NotFound("audit.chain-not-found", "There is no such chain.").ToException();
    }

    private static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    private static DomainException InvalidContinuation() =>
        DomainError.Field("continuation", "list.continuation-invalid", "Take the whole nextLink of the page before.").ToException();

    /// <summary>The shards of one day as one sequence, newest first, from a place on; at equal keys in order of the shards.</summary>
    private async IAsyncEnumerable<ChainedEntry> MergedAsync(
        IReadOnlyList<string> shards, AuditFilter filter, Place place, int pageSize,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var day = Place.KeyOf(place.Day);
        var readAtOnce = Math.Clamp(2 * pageSize / shards.Count, FewestRowsAtOnce, 1000);
        var streams = shards.Select(shard => table.EntriesAsync(
            day, shard, filter, place.RowKey ?? NewestKey, string.CompareOrdinal(shard, place.Shard) <= 0, readAtOnce, ct).GetAsyncEnumerator(ct)).ToList();
        try
        {
            var heads = new PriorityQueue<IAsyncEnumerator<ChainedEntry>, (string RowKey, string Partition)>(
                Comparer<(string RowKey, string Partition)>.Create((left, right) =>
                    string.CompareOrdinal(left.RowKey, right.RowKey) is not 0 and var byKey ? byKey : string.CompareOrdinal(left.Partition, right.Partition)));
            void Enqueue(IAsyncEnumerator<ChainedEntry> stream) => heads.Enqueue(stream, (stream.Current.RowKey, stream.Current.Partition));

            await Parallel.ForEachAsync(streams, new ParallelOptions { MaxDegreeOfParallelism = PartitionsAtOnce, CancellationToken = ct }, async (stream, _) =>
            {
                if (await stream.MoveNextAsync())
                {
                    lock (heads)
                    {
                        Enqueue(stream);
                    }
                }
            });
            while (heads.TryDequeue(out var newest, out _))
            {
                yield return newest.Current;
                if (await newest.MoveNextAsync())
                {
                    Enqueue(newest);
                }
            }
        }
        finally
        {
            foreach (var stream in streams)
            {
                await stream.DisposeAsync();
            }
        }
    }

    /// <summary>Where a list goes on: at the start of a day, or after an entry of it. Keys of all shards compare.</summary>
    private sealed partial record Place(DateOnly Day, string? Shard, string? RowKey)
    {
        private const string DayFormat = "yyyyMMdd";

        public static string KeyOf(DateOnly day) => day.ToString(DayFormat, CultureInfo.InvariantCulture);

        public static Place StartOf(DateOnly day) => new(day, null, null);

        public static Place After(ChainedEntry entry) => Parse($"{entry.Partition}!{entry.RowKey}", null!);

        /// <exception cref="DomainException">Not a continuation of ours.</exception>
        public static Place Parse(string? continuation, Place start)
        {
            if (continuation is null)
            {
                return start;
            }

            return Continuation().Match(continuation) is { Success: true } match
                && DateOnly.TryParseExact(match.Groups[1].ValueSpan, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                    ? new Place(day, NotEmpty(match.Groups[2]), NotEmpty(match.Groups[3]))
                    : throw InvalidContinuation();
        }

        public override string ToString() => RowKey is null ? KeyOf(Day) : $"{KeyOf(Day)}!{Shard}!{RowKey}";

        private static string? NotEmpty(Group group) => group.Success ? group.Value : null;

        [GeneratedRegex("^([0-9]{8})(?:!([0-9a-f]{2})!([0-9]{19}![0-9]{10}))?\\z")]
        private static partial Regex Continuation();
    }
}
