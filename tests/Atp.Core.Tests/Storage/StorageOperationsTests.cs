using Atp.Core.Storage;
using Azure.Core;

namespace Atp.Core.Tests.Storage;

/// <summary>Each kind of request that we make, in Azure's addresses and in the emulator's.</summary>
public sealed class StorageOperationsTests
{
    [Theory]
    [InlineData("table", "GET", "https://a.table.core.windows.net/fleet()?$filter=x", "query")]
    [InlineData("table", "GET", "http://127.0.0.1:1/account/fleet(PartitionKey='0a',RowKey='x')?$format=y", "get")]
    [InlineData("table", "POST", "https://a.table.core.windows.net/$batch", "transaction")]
    [InlineData("table", "POST", "https://a.table.core.windows.net/audit?$format=x", "insert")]
    [InlineData("table", "POST", "https://a.table.core.windows.net/Tables?$format=x", "create")]
    [InlineData("table", "PATCH", "https://a.table.core.windows.net/fleet(PartitionKey='0a',RowKey='x')", "merge")]
    [InlineData("table", "PUT", "https://a.table.core.windows.net/fleet(PartitionKey='0a',RowKey='x')", "replace")]
    [InlineData("table", "DELETE", "https://a.table.core.windows.net/fleet(PartitionKey='0a',RowKey='x')", "delete")]
    [InlineData("queue", "POST", "https://a.queue.core.windows.net/deployment-shards/messages?visibilitytimeout=0", "send")]
    [InlineData("queue", "GET", "https://a.queue.core.windows.net/q/messages?numofmessages=32", "receive")]
    [InlineData("queue", "GET", "https://a.queue.core.windows.net/q/messages?peekonly=true", "peek")]
    [InlineData("queue", "PUT", "https://a.queue.core.windows.net/q/messages/1?popreceipt=x", "update")]
    [InlineData("queue", "DELETE", "https://a.queue.core.windows.net/q/messages/1?popreceipt=x", "delete")]
    [InlineData("queue", "DELETE", "https://a.queue.core.windows.net/q/messages", "clear")]
    [InlineData("queue", "GET", "https://a.queue.core.windows.net/q?comp=metadata", "get")]
    [InlineData("queue", "PUT", "https://a.queue.core.windows.net/q", "create")]
    [InlineData("queue", "POST", "https://a.queue.core.windows.net/?restype=service&comp=userdelegationkey", "other")]
    [InlineData("blob", "GET", "https://a.blob.core.windows.net/onboarding/policies/1/2", "get")]
    [InlineData("blob", "GET", "https://a.blob.core.windows.net/onboarding?restype=container&comp=list", "list")]
    [InlineData("blob", "PUT", "https://a.blob.core.windows.net/onboarding/policies/1/2", "put")]
    [InlineData("blob", "PUT", "https://a.blob.core.windows.net/onboarding?restype=container", "create")]
    [InlineData("blob", "DELETE", "https://a.blob.core.windows.net/onboarding/policies/1/2", "delete")]
    public void It_has_one_name(string service, string method, string address, string operation) =>
        Assert.Equal(operation, StorageOperations.Of(service, RequestMethod.Parse(method), address));
}
