namespace Atp.Local;

public sealed record LocalStackOptions
{
    /// <summary>Where everything is kept, with the accounts' keys and the clients' secrets, between starts; null
    /// keeps nothing.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Null takes a free port, as for the others.</summary>
    public int? BlobPort { get; init; }

    public int? QueuePort { get; init; }

    public int? TablePort { get; init; }

    public int? KeyVaultPort { get; init; }

    public int? TokenPort { get; init; }

    /// <summary>1 to 1,000.</summary>
    public int StorageAccounts { get; init; } = 1;

    /// <summary>The audience of the functions' API in access tokens.</summary>
    public string Audience { get; init; } = "api://atp-functions";

    /// <summary>Clients besides the stack's own two.</summary>
    public IReadOnlyList<LocalClient> Clients { get; init; } = [];

    /// <summary>People besides the stack's own.</summary>
    public IReadOnlyList<LocalUser> Users { get; init; } = [];

    /// <summary>Told, in one line each, about steps that take long, such as the first installation of Azurite.</summary>
    public Action<string>? Progress { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
