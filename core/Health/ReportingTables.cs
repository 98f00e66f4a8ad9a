using Atp.Core.Storage;

namespace Atp.Core.Health;

public enum ReportingType
{
    Text,

    /// <summary>A whole number of 32 bits.</summary>
    Number,

    /// <summary>UTC.</summary>
    Time,
}

/// <summary>A column of the tables that analysts read: on every row, and always of the same type.</summary>
public record ReportingColumn(string Name, ReportingType Type);

/// <summary>A column, and what of <typeparamref name="T"/> stands in it.</summary>
public sealed record ReportingColumn<T>(string Name, ReportingType Type, Func<T, object> Of) : ReportingColumn(Name, Type);

/// <summary>A table that analysts read.</summary>
/// <param name="Name">As the table storage has it.</param>
/// <param name="Key">The columns that together name a row.</param>
/// <param name="Columns">All of them; those that storage adds are no figures.</param>
public sealed record ReportingTable(string Name, IReadOnlyList<ReportingColumn> Key, IReadOnlyList<ReportingColumn> Columns);

/// <summary>
/// The tables that analysts read, stated once: <see cref="HealthTable"/> writes its rows by this, and the feed describes and reads
/// them by this. Column names and types are a contract with Power BI: only ever add. A row of before a column was added counts as 0
/// there, and is found by no condition on it.
/// </summary>
public static class ReportingTables
{
    internal static readonly ReportingColumn<ScopeFigures> Scope = new("Scope", ReportingType.Text, s => s.Scope);
    internal static readonly ReportingColumn<ScopeFigures> ScopeKind = new("ScopeKind", ReportingType.Text, s => s.Kind);
    internal static readonly ReportingColumn<ScopeFigures> AsOf = new("AsOf", ReportingType.Time, s => s.AsOf);
    internal static readonly ReportingColumn<ScopeFigures> Day = new("Day", ReportingType.Number, s => HealthTable.DayNumber(s.AsOf));

    internal static readonly IReadOnlyList<ReportingColumn<ScopeFigures>> OfScope =
    [
        Scope,
        ScopeKind,
        new("ScopeName", ReportingType.Text, s => s.Name),
        AsOf,
        Day,
        new("Devices", ReportingType.Number, s => s.Figures.Devices),
        new("Targeted", ReportingType.Number, s => s.Figures.Targeted),
        new("Healthy", ReportingType.Number, s => s.Figures.Healthy),
        new("AgentState", ReportingType.Number, s => s.Figures.AgentState),
        new("Inactive", ReportingType.Number, s => s.Figures.Inactive),
        new("NotOnboarded", ReportingType.Number, s => s.Figures.NotOnboarded),
        new("NeverReached", ReportingType.Number, s => s.Figures.NeverReached),
        new("Offboarding", ReportingType.Number, s => s.Figures.Offboarding),
        new("FileSamplesDrifted", ReportingType.Number, s => s.Figures.FileSamplesDrifted),
        new("OnOldEnrollmentKey", ReportingType.Number, s => s.Figures.OnOldEnrollmentKey),
        new("Onboarded", ReportingType.Number, s => s.Figures.Onboarded),
        new("Eligible", ReportingType.Number, s => s.Figures.Eligible),
    ];

    internal static readonly IReadOnlyList<ReportingColumn<DeploymentFigures>> OfDeployment =
    [
        new("DeploymentId", ReportingType.Text, d => d.DeploymentId),
        new("PolicyId", ReportingType.Text, d => d.PolicyId),
        new("PolicyName", ReportingType.Text, d => d.PolicyName),
        new("AsOf", ReportingType.Time, d => d.AsOf),
        new("Success", ReportingType.Number, d => d.Statuses.Success),
        new("Error", ReportingType.Number, d => d.Statuses.Error),
        new("RequirementsNotMet", ReportingType.Number, d => d.Statuses.RequirementsNotMet),
        new("InProgress", ReportingType.Number, d => d.Statuses.InProgress),
        new("Unknown", ReportingType.Number, d => d.Statuses.Unknown),
        new("Superseded", ReportingType.Number, d => d.Statuses.Superseded),
    ];

    /// <summary>The newest figures of each scope.</summary>
    public static ReportingTable HealthLatest { get; } = new(TableNames.HealthLatest, [Scope], OfScope);

    /// <summary>The figures of each scope by hour; by day where they are older than 90 days.</summary>
    public static ReportingTable HealthHistory { get; } = new(TableNames.HealthHistory, [Scope, AsOf], OfScope);

    /// <summary>The newest statuses of each deployment, ended ones too.</summary>
    public static ReportingTable DeploymentLatest { get; } = new(TableNames.DeploymentLatest, [OfDeployment[0]], OfDeployment);

    public static IReadOnlyList<ReportingTable> All { get; } = [HealthLatest, HealthHistory, DeploymentLatest];
}
