namespace Atp.Local;

public sealed record KeyVaultEmulatorOptions
{
    /// <summary>Where certificate and secrets (encrypted) are kept; null keeps them in memory.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Null takes a free port.</summary>
    public int? Port { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
