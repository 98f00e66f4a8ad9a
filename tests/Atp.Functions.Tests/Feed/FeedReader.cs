using Microsoft.OData;
using Microsoft.OData.Edm;

namespace Atp.Functions.Tests.Feed;

/// <summary>Reads answers of the feed as other programs do: by the library's reader, and by what the feed says of its types.</summary>
internal static class FeedReader
{
    public static IEdmModel Model(HttpResponseMessage answer)
    {
        using var reader = new ODataMessageReader(new Received(answer));
        return reader.ReadMetadataDocument();
    }

    public static List<string> EntitySets(HttpResponseMessage answer, IEdmModel model)
    {
        using var reader = new ODataMessageReader(new Received(answer), Settings(answer), model);
        return [.. reader.ReadServiceDocument().EntitySets.Select(set => set.Url.AbsoluteUri)];
    }

    public static async Task<(List<IReadOnlyDictionary<string, object>> Rows, long? Count, Uri? Next)> RowsAsync(HttpResponseMessage answer, IEdmModel model)
    {
        await answer.Content.LoadIntoBufferAsync();
        using var messages = new ODataMessageReader(new Received(answer), Settings(answer), model);
        var rows = new List<IReadOnlyDictionary<string, object>>();
        long? count = null;
        Uri? next = null;
        for (var reader = messages.CreateODataResourceSetReader(); reader.Read();)
        {
            if (reader is { State: ODataReaderState.ResourceEnd, Item: ODataResource row })
            {
                rows.Add(row.Properties.Cast<ODataProperty>().ToDictionary(p => p.Name, p => p.Value));
            }
            else if (reader is { State: ODataReaderState.ResourceSetEnd, Item: ODataResourceSet set })
            {
                (count, next) = (set.Count, set.NextPageLink);
            }
        }

        return (rows, count, next);
    }

    private static ODataMessageReaderSettings Settings(HttpResponseMessage answer) => new() { BaseUri = answer.RequestMessage!.RequestUri };

    private sealed class Received(HttpResponseMessage answer) : IODataResponseMessage
    {
        public IEnumerable<KeyValuePair<string, string>> Headers =>
            answer.Headers.Concat(answer.Content.Headers).Select(h => KeyValuePair.Create(h.Key, string.Join(',', h.Value)));

        public int StatusCode
        {
            get => (int)answer.StatusCode;
            set => throw new NotSupportedException();
        }

        public string? GetHeader(string headerName) =>
            Headers.Where(h => h.Key.Equals(headerName, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).FirstOrDefault();

        public void SetHeader(string headerName, string headerValue) => throw new NotSupportedException();

        public Stream GetStream() => answer.Content.ReadAsStream();
    }
}
