namespace Atp.Local;

public sealed record AzuriteOptions
{
    /// <summary>Where the data is kept; null keeps it in memory and loses it at the end.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Null takes a free port, as for the other two.</summary>
    public int? BlobPort { get; init; }

    public int? QueuePort { get; init; }

    public int? TablePort { get; init; }

    /// <summary>How many accounts with random keys, 1 to 1,000. Ignored when <see cref="Accounts"/> is given.</summary>
    public int AccountCount { get; init; } = 1;

    /// <summary>Fixed accounts: data in a kept folder belongs to the account's name.</summary>
    public IReadOnlyList<StorageAccountKey>? Accounts { get; init; }

    /// <summary>Told, in one line each, about steps that take long, such as the first installation.</summary>
    public Action<string>? Progress { get; init; }
}
