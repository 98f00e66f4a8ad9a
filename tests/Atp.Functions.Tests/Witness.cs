using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Atp.Functions.Tests;

/// <summary>Writes down what the service answers, what it sends to tables and queues, and every trace of the process.</summary>
public sealed class Witness : IDisposable
{
    private readonly ActivityListener listener;

    public Witness()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => Traces.Enqueue(Text(activity)),
        };
        ActivitySource.AddActivityListener(listener);
        OfStorage = new StoragePolicy(StorageRequests);
    }

    public ConcurrentQueue<string> Traces { get; } = new();

    /// <summary>Method, path, headers and body. What blobs hold is left out: they are the files' place.</summary>
    public ConcurrentQueue<string> StorageRequests { get; } = new();

    /// <summary>By path, in order.</summary>
    public ConcurrentQueue<(string Request, string Answer)> Answers { get; } = new();

    public HttpPipelinePolicy OfStorage { get; }

    public HttpMessageHandler OfAnswers() => new AnswerHandler(Answers);

    public void Dispose() => listener.Dispose();

    private static string Text(Activity activity)
    {
        var text = new StringBuilder($"{activity.Source.Name} {activity.DisplayName} {activity.StatusDescription}");
        foreach (var (key, value) in activity.TagObjects.Concat(activity.Events.SelectMany(e => e.Tags)))
        {
            text.Append(' ').Append(key).Append('=').Append(value);
        }

        foreach (var (key, value) in activity.Baggage)
        {
            text.Append(' ').Append(key).Append('=').Append(value);
        }

        return text.ToString();
    }

    private sealed class AnswerHandler(ConcurrentQueue<(string Request, string Answer)> answers) : DelegatingHandler(new HttpClientHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            answers.Enqueue(($"{request.Method} {request.RequestUri!.AbsolutePath}",
                $"{response.Headers}{response.Content.Headers}{Encoding.UTF8.GetString(body)}"));
            return response;
        }
    }

    private sealed class StoragePolicy(ConcurrentQueue<string> requests) : HttpPipelinePolicy
    {
        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            var isBlob = message.Request.Uri.ToString().Contains("/onboarding", StringComparison.Ordinal);
            using var body = new MemoryStream();
            if (message.Request.Content is { } content && !isBlob)
            {
                await content.WriteToAsync(body, message.CancellationToken);
            }

            requests.Enqueue($"{message.Request.Method} {message.Request.Uri} {string.Join(' ', message.Request.Headers)} "
                + Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length));
            await ProcessNextAsync(message, pipeline);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);
    }
}
