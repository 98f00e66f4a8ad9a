using System.Net;

namespace Atp.Cli.Client;

/// <summary>
/// Waits when the service says that it is asked too often, as long as it says, and asks again: a big fleet takes longer then, and
/// nothing fails. What streams in can't be sent twice, and is refused as the service refuses it.
/// </summary>
internal sealed class PatientHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (answer.StatusCode != HttpStatusCode.TooManyRequests || request.Content is StreamContent
                || answer.Headers.RetryAfter?.Delta is not { } wait || wait > Longest)
            {
                return answer;
            }

            answer.Dispose();
            await Task.Delay(wait, cancellationToken);
        }
    }
}
