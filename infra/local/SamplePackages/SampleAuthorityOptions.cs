namespace Atp.Local.SamplePackages;

/// <summary>What the signing certificate is like; the defaults are those of genuine files.</summary>
public sealed record SampleAuthorityOptions
{
    public string SigningSubject { get; init; } = "CN=Seville.Windows.com";

    public int SigningKeyBits { get; init; } = 2048;

    /// <summary>Between 2015 and 2045, as are root and intermediate. Null: a day ago.</summary>
    public DateTimeOffset? SigningFrom { get; init; }

    /// <summary>Null: a year after <see cref="SigningFrom"/>.</summary>
    public DateTimeOffset? SigningUntil { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
