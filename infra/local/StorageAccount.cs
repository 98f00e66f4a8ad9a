namespace Atp.Local;

/// <summary>Name and base64 key of a storage account that has to be the same at every start.</summary>
public sealed record StorageAccountKey(string Name, string Key)
{
    // A record would print the key wherever the account is logged.
    public override string ToString() => $"account {Name}";
}

/// <summary>A storage account of a running <see cref="Azurite"/>. The endpoints hold the account's name and no key.</summary>
public sealed record StorageAccount(string Name, string Key, Uri BlobEndpoint, Uri QueueEndpoint, Uri TableEndpoint)
{
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Name};AccountKey={Key};BlobEndpoint={BlobEndpoint};"
        + $"QueueEndpoint={QueueEndpoint};TableEndpoint={TableEndpoint};";

    public override string ToString() => $"account {Name}";
}
