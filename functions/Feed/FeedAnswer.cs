using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OData;
using Microsoft.OData.UriParser;

namespace Atp.Functions.Feed;

/// <summary>Answers in the forms of OData 4.0, in the one that the caller accepts.</summary>
internal static class FeedAnswer
{
    private const string Version = "OData-Version";
    private const string MaxVersion = "OData-MaxVersion";
    private const string ContentType = "Content-Type";

    /// <summary>Its entity sets.</summary>
    /// <exception cref="DomainException">Not acceptable, or invalid: the version.</exception>
    public static IResult Document(HttpRequest request)
    {
        var sets = ReportingTables.All.Select(table => new ODataEntitySetInfo
        {
            Name = table.Name,
            Title = table.Name,
            Url = new Uri(table.Name, UriKind.Relative),
        });
        return Write(request, ODataPayloadKind.ServiceDocument, null,
            (writer, _, _) => writer.WriteServiceDocument(new ODataServiceDocument { EntitySets = [.. sets] }));
    }

    /// <summary>Its types.</summary>
    /// <exception cref="DomainException">Not acceptable, or invalid: the version.</exception>
    public static IResult Metadata(HttpRequest request) =>
        Write(request, ODataPayloadKind.MetadataDocument, null, (writer, _, _) => writer.WriteMetadataDocument());

    /// <summary>A page of an entity set.</summary>
    /// <exception cref="DomainException">Not acceptable, or invalid: the version.</exception>
    public static IResult Rows(HttpRequest request, FeedQuery query, ReportingPage page) => Write(
        request, ODataPayloadKind.ResourceSet, query.Selection, (writer, root, isFull) => WriteRows(writer, root, isFull, request, query, page));

    private static void WriteRows(ODataMessageWriter writer, Uri root, bool isFull, HttpRequest request, FeedQuery query, ReportingPage page)
    {
        var table = query.Rows.Table;
        var set = FeedModel.SetOf(table);

        // Full metadata names each row by its key.
        var columns = isFull ? query.Rows.Columns.Union(table.Key).ToList() : query.Rows.Columns;
        var rows = writer.CreateODataResourceSetWriter(set, set.EntityType);
        rows.WriteStart(new ODataResourceSet
        {
            Count = page.Count,
            NextPageLink = page.Continuation is null ? null
                : new Uri(root, table.Name + FeedQuery.NextQuery(request.Query, page.Continuation)),
        });
        foreach (var row in page.Rows)
        {
            rows.WriteStart(new ODataResource
            {
                Properties = [.. columns.Select(column => new ODataProperty { Name = column.Name, Value = row[column.Name] })],
            });
            rows.WriteEnd();
        }

        rows.WriteEnd();
        rows.Flush();
    }

    /// <param name="request">The call.</param>
    /// <param name="kind">What is written.</param>
    /// <param name="selection">The columns of it; null for all.</param>
    /// <param name="write">Is told the feed's address, and whether the caller wants all metadata.</param>
    private static FileContentHttpResult Write(
        HttpRequest request, ODataPayloadKind kind, SelectExpandClause? selection, Action<ODataMessageWriter, Uri, bool> write)
    {
        MustTakeVersion4(request);
        var root = FeedAddress.Of(request);
        var settings = new ODataMessageWriterSettings
        {
            Version = ODataVersion.V4,
            EnableMessageStreamDisposal = false,
            ODataUri = new ODataUri { ServiceRoot = root, SelectAndExpand = selection },
        };
        settings.SetContentType(request.QueryText(FeedQuery.Format) switch
        {
            null => request.Headers.Accept.ToString() is { Length: > 0 } accept ? accept : "*/*",
            "json" => "application/json",
            "xml" => "application/xml",
            var format => format,
        }, acceptableCharSets: "utf-8");
        using var body = new MemoryStream();
        var message = new Message(body);
        using var writer = new ODataMessageWriter(message, settings, FeedModel.Edm);
        try
        {
            ODataUtils.SetHeadersForPayload(writer, kind);
        }
        catch (ODataException e)
        {
            throw new DomainError(ErrorKind.NotAcceptable, "feed.format-unsupported",
                "The feed answers in application/json, with odata.metadata=minimal, full or none, and describes itself in application/xml.").ToException(e);
        }

        write(writer, root, message.GetHeader(ContentType)!.Contains("odata.metadata=full", StringComparison.OrdinalIgnoreCase));
        request.HttpContext.Response.Headers[Version] = message.GetHeader(Version);
        return TypedResults.Bytes(body.GetBuffer().AsMemory(0, (int)body.Length), message.GetHeader(ContentType));
    }

    private static void MustTakeVersion4(HttpRequest request)
    {
        if (request.Headers[MaxVersion].ToString() is { Length: > 0 } most && most is not ("4.0" or "4.01"))
        {
            throw DomainError.Field(MaxVersion, "feed.version-unsupported", $"The feed is of OData 4.0; {MaxVersion} is 4.0 or 4.01.").ToException();
        }
    }

    /// <summary>Takes what the library writes, so that nothing is sent before all of it is well.</summary>
    private sealed class Message(Stream body) : IODataResponseMessage
    {
        private readonly Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);

        public IEnumerable<KeyValuePair<string, string>> Headers => headers;

        public int StatusCode { get; set; } = StatusCodes.Status200OK;

        public string? GetHeader(string headerName) => headers.GetValueOrDefault(headerName);

        public void SetHeader(string headerName, string headerValue) => headers[headerName] = headerValue;

        public Stream GetStream() => body;
    }
}
