using Azure;

namespace Atp.Core.Storage;

/// <summary>A record with the version of the row that it was read from, to be sent as If-Match when it is changed.</summary>
public sealed record Versioned<T>(T Value, ETag Version);
