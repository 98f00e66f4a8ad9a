namespace Atp.Cli.Output;

/// <summary>In which form a command answers.</summary>
public enum OutputForm
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>The answer as it came.</summary>
    Json,

    /// <summary>The table's columns and more, a row for each record.</summary>
    Csv,
}
