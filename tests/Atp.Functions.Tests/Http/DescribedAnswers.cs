namespace Atp.Functions.Tests.Http;

/// <summary>
/// Lets no answer through that functions/openapi.yaml doesn't describe: the test that made the call fails. Addresses that it
/// doesn't have may be there for tests only, under <c>/api/test</c>; else nothing is found there.
/// </summary>
internal sealed class DescribedAnswers(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var path = request.RequestUri!.AbsolutePath;
        if (path.StartsWith("/api/test/", StringComparison.Ordinal))
        {
            return response;
        }

        var api = await ApiDescription.GetAsync();
        if (api.Find(request.Method, path) is not { } operation)
        {
            Assert.True(response.StatusCode == System.Net.HttpStatusCode.NotFound,
                $"{request.Method} {path} answers {(int)response.StatusCode}, and openapi.yaml doesn't have it.");
            return response;
        }

        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var complaints = api.Complaints(operation, response, body).ToList();
        Assert.True(complaints.Count == 0, $"{request.Method} {path}, says openapi.yaml: {string.Join("; ", complaints)}.");
        return response;
    }
}
