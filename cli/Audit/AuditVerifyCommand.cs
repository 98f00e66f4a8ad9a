using System.CommandLine;
using System.Globalization;
using Atp.Cli.Client;
using Atp.Cli.Output;

namespace Atp.Cli.Audit;

/// <summary>One thing that is wrong, and where.</summary>
internal sealed record AuditFault(string Partition, int? Sequence, string Kind, string Text);

/// <param name="Pruned">Chains that were there at the last verification and are past their time now.</param>
internal sealed record AuditVerification(int Chains, long Entries, int Pruned, int FaultCount, IReadOnlyList<AuditFault> Faults);

internal static class AuditVerifyCommand
{
    private const int MaxFaults = 1000;

    private static readonly IReadOnlyList<Column<AuditFault>> Columns =
    [
        new("Partition", fault => fault.Partition),
        new("Sequence", fault => fault.Sequence),
        new("Kind", fault => fault.Kind),
        new("Text", fault => fault.Text),
    ];

    public static Command Create(Terminal terminal)
    {
        var from = new Option<DateOnly?>("--from") { Description = "From this day on, UTC. Default: all that is kept" };
        var to = new Option<DateOnly?>("--to") { Description = "Up to this day. Default: today" };
        var anchors = new Option<FileInfo?>("--anchors")
        {
            Description = "Compare with the ends of the chains as this file has them, and keep those of today in it: finds what was cut off, "
                + "rewritten or removed since. Keep it where nobody who can write the site's storage can",
        };
        var command = new Command("verify", "Verify that no entry of the audit was changed, put there or taken away") { from, to, anchors };
        var server = new ServerOptions();
        server.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            var client = server.Connect(parse);
            var file = parse.GetValue(anchors);
            var run = new Run(client, file is null ? null : AuditAnchors.Read(file, client.Server));
            var found = await run.VerifyAsync(parse.GetValue(from), parse.GetValue(to), ct);
            if (file is not null)
            {
                run.Anchors!.Write(file);
            }

            server.Answers(terminal, parse).One(found, found.Faults, Columns, () => Say(terminal, found, file));

            return found.FaultCount == 0 ? 0 : AtpCommand.Failed;
        });
        return command;
    }

    private static void Say(Terminal terminal, AuditVerification found, FileInfo? file)
    {
        foreach (var fault in found.Faults)
        {
            terminal.Say($"{PlaceOf(fault.Partition)}: {fault.Text}");
        }

        if (found.FaultCount > found.Faults.Count)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"And {found.FaultCount - found.Faults.Count} more."));
        }

        terminal.Say(string.Create(CultureInfo.InvariantCulture,
            $"{found.Entries} entries in {found.Chains} chains: {(found.FaultCount == 0 ? "no fault" : $"{found.FaultCount} faults")}."));
        if (found.Pruned > 0)
        {
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{found.Pruned} chains are past their time and were deleted."));
        }

        terminal.Say(file is null
            ? "Without --anchors, a chain that was cut off at its end, rewritten or removed as a whole is not found."
            : $"The ends of the chains are kept in {file.FullName}.");
    }

    private static string PlaceOf(string partition) =>
        partition.Split('!') is [var day, var shard] && DateOnly.TryParseExact(day, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? $"{date:yyyy-MM-dd}, shard {shard}"
            : partition;

    private sealed class Run(AtpClient client, AuditAnchors? before)
    {
        private readonly SortedDictionary<string, AuditAnchor> kept = new(before?.Chains ?? [], StringComparer.Ordinal);
        private readonly List<AuditFault> faults = [];
        private int faultCount;
        private int chains;
        private int pruned;
        private long entries;

        /// <summary>As they are to be kept: of a chain with a fault, the end that it had when it had none.</summary>
        public AuditAnchors? Anchors { get; private set; }

        public async Task<AuditVerification> VerifyAsync(DateOnly? from, DateOnly? to, CancellationToken ct)
        {
            var now = DateTimeOffset.UtcNow;
            var missing = new HashSet<string>(kept.Keys.Where(partition => IsWithin(partition, from, to)));
            await foreach (var chain in client.VerifyAuditAsync(from, to, ct))
            {
                chains++;
                entries += chain.Entries;
                missing.Remove(chain.Partition);
                faultCount += chain.FaultCount - chain.Faults.Count;
                foreach (var fault in chain.Faults)
                {
                    Add(new AuditFault(chain.Partition, fault.Sequence, fault.Kind, fault.Text));
                }

                var holds = !kept.TryGetValue(chain.Partition, out var anchor) || await HoldsAsync(chain, anchor, ct);
                if (before is not null && chain.FaultCount == 0 && holds)
                {
                    kept[chain.Partition] = new AuditAnchor(chain.Sequence, chain.Hash);
                }
            }

            foreach (var partition in missing.Order(StringComparer.Ordinal))
            {
                await ExplainAsync(partition, ct);
            }

            Anchors = before is null ? null : new AuditAnchors(client.Server, now, kept);
            return new AuditVerification(chains, entries, pruned, faultCount, faults);
        }

        private async Task<bool> HoldsAsync(AuditChainAnswer chain, AuditAnchor anchor, CancellationToken ct)
        {
            if (chain.Sequence < anchor.Sequence)
            {
                Add(new AuditFault(chain.Partition, anchor.Sequence, "ChainCut", string.Create(CultureInfo.InvariantCulture,
                    $"The chain was cut off: on {before!.KeptAt:u} it went to entry {anchor.Sequence}, now to {chain.Sequence}.")));
                return false;
            }

            var hash = chain.Sequence == anchor.Sequence
                ? chain.Hash
                : (await client.VerifyAuditChainAsync(chain.Partition, anchor.Sequence, ct)).AskedHash;
            if (hash == anchor.Hash)
            {
                return true;
            }

            Add(new AuditFault(chain.Partition, anchor.Sequence, "ChainRewritten", string.Create(CultureInfo.InvariantCulture,
                $"The chain was rewritten: entry {anchor.Sequence} is not the one that it was on {before!.KeptAt:u}.")));
            return false;
        }

        /// <summary>Past its time, or taken away.</summary>
        private async Task ExplainAsync(string partition, CancellationToken ct)
        {
            try
            {
                await client.VerifyAuditChainAsync(partition, 1, ct);
            }
            catch (ProblemException problem) when (problem.Code == "audit.chain-pruned")
            {
                pruned++;
                kept.Remove(partition);
                return;
            }
            catch (ProblemException problem) when (problem.Code == "audit.chain-not-found")
            {
                // As it is told below.
            }

            Add(new AuditFault(partition, null, "ChainRemoved", string.Create(CultureInfo.InvariantCulture,
                $"The whole chain was removed: on {before!.KeptAt:u} it had {kept[partition].Sequence} entries.")));
        }

        private void Add(AuditFault fault)
        {
            if (faultCount++ < MaxFaults)
            {
                faults.Add(fault);
            }
        }

        private static bool IsWithin(string partition, DateOnly? from, DateOnly? to) =>
            DateOnly.TryParseExact(partition.Split('!')[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && !(day < from) && !(day > to);
    }
}
