namespace Atp.Local;

public sealed record TokenIssuerOptions
{
    /// <summary>Where the signing key is kept; null makes a new one at every start.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Null takes a free port.</summary>
    public int? Port { get; init; }

    public Guid TenantId { get; init; } = new("0a7b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d");

    public IReadOnlyList<LocalClient> Clients { get; init; } = [];

    /// <summary>Null: nobody signs in with a browser.</summary>
    public SignInOptions? SignIn { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
