namespace Atp.Functions.Tests;

/// <summary>
/// Section 4 of the design, in storage transactions that our code makes. <see cref="BudgetTests"/> asserts them, and
/// docs/operations.md computes from them what a fleet costs: in one place, so that the bill is made of what is asserted.
/// </summary>
internal static class Budgets
{
    public const int CreatePolicy = 7;

    public const int CheckIn = 1;

    /// <summary>Of a check-in with something to write down: that it was seen, a new revision, another inventory.</summary>
    public const int CheckInWithNews = 2;

    /// <summary>Of a file or a workspace.</summary>
    public const int Download = 3;

    public const int Report = 2;

    /// <summary>Of a report that is not newer than the last.</summary>
    public const int ReportWithoutNews = 1;

    public const int ReportOverHttp = 1;

    public const int FanOutPerShard = 8;
    public const int FanOutPerShardAndCollection = 2;
    public const double FanOutPerDevice = 0.012;

    public const int RollUpPerShard = 6;
    public const int RollUpPerRun = 20;
    public const double RollUpRowsForOne = 1_000;
    public const double RollUpScopesForOne = 50;

    /// <param name="shards">The site's.</param>
    /// <param name="collections">Of the deployment.</param>
    /// <param name="devices">Members.</param>
    public static double FanOut(int shards, int collections, long devices) =>
        (FanOutPerShard * shards) + (FanOutPerShardAndCollection * shards * collections) + (FanOutPerDevice * devices);

    /// <param name="shards">The site's.</param>
    /// <param name="rows">Devices and assignments.</param>
    /// <param name="scopes">With figures of their own.</param>
    public static double RollUp(int shards, long rows, int scopes) =>
        (RollUpPerShard * shards) + (rows / RollUpRowsForOne) + RollUpPerRun + (scopes / RollUpScopesForOne);

    /// <summary>A read and a write per shard, 2 more per 100 devices, and the audit.</summary>
    /// <param name="shards">The site's.</param>
    /// <param name="devices">In one call.</param>
    public static double BulkEnrollment(int shards, int devices) => (2 * shards) + (2 * devices / 100.0) + 4;
}
