using Azure.Core;

namespace Atp.Core.Storage;

/// <summary>What a storage request does, told from its method and address: no allocation, since every request is asked.</summary>
internal static class StorageOperations
{
    /// <param name="service"><c>table</c>, <c>blob</c> or <c>queue</c>.</param>
    /// <param name="method">The request's.</param>
    /// <param name="address">The whole address.</param>
    public static string Of(string service, RequestMethod method, ReadOnlySpan<char> address)
    {
        var question = address.IndexOf('?');
        var path = question < 0 ? address : address[..question];
        var query = question < 0 ? [] : address[question..];
        return service switch
        {
            "table" => OfTable(method, path),
            "queue" => OfQueue(method, path, query),
            _ => OfBlob(method, query),
        };
    }

    private static string OfTable(RequestMethod method, ReadOnlySpan<char> path) =>
        method == RequestMethod.Get ? path.EndsWith(")") && !path.EndsWith("()") ? "get" : "query"
        : method == RequestMethod.Post ? path.EndsWith("/$batch") ? "transaction" : path.EndsWith("/Tables") ? "create" : "insert"
        : method == RequestMethod.Patch ? "merge"
        : method == RequestMethod.Put ? "replace"
        : method == RequestMethod.Delete ? "delete"
        : "other";

    private static string OfQueue(RequestMethod method, ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        if (path.EndsWith("/messages"))
        {
            return method == RequestMethod.Post ? "send"
                : method == RequestMethod.Get ? query.Contains("peekonly=true", StringComparison.OrdinalIgnoreCase) ? "peek" : "receive"
                : method == RequestMethod.Delete ? "clear"
                : "other";
        }

        return path.Contains("/messages/", StringComparison.Ordinal)
            ? method == RequestMethod.Delete ? "delete" : method == RequestMethod.Put ? "update" : "other"
            : method == RequestMethod.Get || method == RequestMethod.Head ? "get"
            : method == RequestMethod.Put ? "create"
            : method == RequestMethod.Delete ? "delete"
            : "other"; // such as the key that report addresses are signed with
    }

    private static string OfBlob(RequestMethod method, ReadOnlySpan<char> query) =>
        method == RequestMethod.Get ? query.Contains("comp=list", StringComparison.Ordinal) ? "list" : "get"
        : method == RequestMethod.Head ? "get"
        : method == RequestMethod.Put ? query.Contains("restype=container", StringComparison.Ordinal) ? "create" : "put"
        : method == RequestMethod.Delete ? "delete"
        : "other";
}
