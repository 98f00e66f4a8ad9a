using System.ComponentModel.DataAnnotations;

namespace Atp.Core.Storage;

/// <summary>Bound from <c>Atp:Storage</c>. Endpoints only: identity comes from the host, never a key.</summary>
public sealed class StorageOptions
{
    public const string Section = "Atp:Storage";

    [Required] public Uri? TableEndpoint { get; set; }

    [Required] public Uri? BlobEndpoint { get; set; }

    [Required] public Uri? QueueEndpoint { get; set; }

    /// <summary>Where the tables that analysts read live; in Azure an account of its own. Default: <see cref="TableEndpoint"/>.</summary>
    public Uri? ReportingTableEndpoint { get; set; }
}
