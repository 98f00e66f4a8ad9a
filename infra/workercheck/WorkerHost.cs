using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Atp.SelfHost;
using Atp.WorkerCheck.Rpc;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Atp.WorkerCheck;

/// <summary>
/// Starts a published functions app as the Azure Functions host does, and speaks its protocol: start, list, load and invoke. HTTP calls
/// go to the worker's own port, as the host forwards them.
/// </summary>
internal sealed class WorkerHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> waiting = new();
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> said = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly HttpClient http = new() { Timeout = Patience };
    private readonly string folder;
    private readonly Dictionary<string, string> ids = [];
    private WebApplication server = null!;
    private Process worker = null!;
    private IServerStreamWriter<StreamingMessage> toWorker = null!;

    private WorkerHost(string folder) => this.folder = folder;

    /// <summary>What the worker lists, as functions.json has it.</summary>
    public IReadOnlyList<FunctionDescription> Functions { get; private set; } = [];

    /// <summary>Returns when the worker has asked for work, which is before it was given any.</summary>
    public static async Task<WorkerHost> StartAsync(string folder, IReadOnlyDictionary<string, string?> settings, CancellationToken ct)
    {
        var host = new WorkerHost(folder);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(o => (o.MaxReceiveMessageSize, o.MaxSendMessageSize) = (null, null));
        builder.Services.AddSingleton(new Service(host));
        host.server = builder.Build();
        host.server.MapGrpcService<Service>();
        await host.server.StartAsync(ct);
        host.worker = host.Start(host.server.Urls.Single(), settings);
        await host.AnswerAsync(host.started.Task, "speak", ct);
        return host;
    }

    /// <summary>Initializes the worker, asks for its functions, and has it load each.</summary>
    public async Task LoadAsync(CancellationToken ct)
    {
        var init = (await AskAsync(new StreamingMessage
        {
            WorkerInitRequest = new WorkerInitRequest { HostVersion = "4.0.0", WorkerDirectory = folder, FunctionAppDirectory = folder },
        }, ct)).WorkerInitResponse;
        Demand(init.Result, "The worker's start");
        http.BaseAddress = new Uri(init.Capabilities.GetValueOrDefault("HttpUri")
            ?? throw new CheckFailedException("The worker takes no HTTP on a port of its own: ConfigureFunctionsWebApplication is missing."));

        var list = (await AskAsync(new StreamingMessage
        {
            FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = folder },
        }, ct)).FunctionMetadataResponse;
        Demand(list.Result, "The worker's list of functions");
        Functions =
        [
            .. list.FunctionMetadataResults.Select(f => PublishedFunctions.Of(f.Name, f.EntryPoint, f.RawBindings.Select(b => JsonElement.Parse(b)))),
        ];
        foreach (var function in list.FunctionMetadataResults)
        {
            var loaded = await AskAsync(new StreamingMessage
            {
                FunctionLoadRequest = new FunctionLoadRequest { FunctionId = function.FunctionId, Metadata = function },
            }, ct);
            Demand(loaded.FunctionLoadResponse.Result, $"Loading {function.Name}");
            ids.Add(function.Name, function.FunctionId);
        }
    }

    /// <summary>As the host does for a call: tells the worker of the invocation, and forwards the request with its id.</summary>
    public async Task<HttpResponseMessage> CallAsync(string function, HttpRequestMessage request, CancellationToken ct)
    {
        var invocation = Invocation(function, new TypedData
        {
            Http = new RpcHttp { Method = request.Method.Method, Url = new Uri(http.BaseAddress!, request.RequestUri!).AbsoluteUri },
        });
        foreach (var (name, value) in RouteValues(Functions.Single(f => f.Name == function).Route!, request.RequestUri!.OriginalString))
        {
            invocation.TriggerMetadata.Add(name, new TypedData { String = value });
        }

        request.Headers.Add("x-ms-invocation-id", invocation.InvocationId);
        var invoked = AskAsync(new StreamingMessage { InvocationRequest = invocation }, ct);
        var answer = await http.SendAsync(request, ct);
        Demand((await invoked).InvocationResponse.Result, function);
        return answer;
    }

    /// <summary>A queue message, as the host hands it over: bytes where the function asks for them, else text.</summary>
    public Task DeliverAsync(string function, BinaryData message, CancellationToken ct)
    {
        var isBinary = Functions.Single(f => f.Name == function).DataType == "Binary";
        var invocation = Invocation(function, isBinary
            ? new TypedData { Bytes = ByteString.CopyFrom(message) }
            : new TypedData { String = message.ToString() });
        invocation.TriggerMetadata.Add("DequeueCount", new TypedData { Json = "1" });
        return InvokeAsync(function, invocation, ct);
    }

    public Task FireAsync(string timer, CancellationToken ct) => InvokeAsync(timer, Invocation(timer, new TypedData
    {
        Json = """
            {"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-01-01T00:00:00+00:00","Next":"2026-01-01T00:05:00+00:00",
            "LastUpdated":"2026-01-01T00:00:00+00:00"},"IsPastDue":false}
            """,
    }), ct);

    /// <summary>Asks the worker to end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync(CancellationToken ct)
    {
        await SendAsync(new StreamingMessage { WorkerTerminate = new WorkerTerminate() });
        try
        {
            await worker.WaitForExitAsync(ct).WaitAsync(Patience, ct);
        }
        catch (TimeoutException)
        {
            throw new CheckFailedException($"The worker doesn't end when it is asked to.{Said()}");
        }

        return worker.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!worker.HasExited)
        {
            worker.Kill();
        }

        await server.DisposeAsync();
        worker.Dispose();
        http.Dispose();
        writing.Dispose();
    }

    private Process Start(string address, IReadOnlyDictionary<string, string?> settings)
    {
        var id = Guid.NewGuid().ToString();
        var start = new ProcessStartInfo("dotnet",
        [
            Path.Combine(folder, "Atp.Functions.dll"), "--functions-uri", address, "--functions-worker-id", id,
            "--functions-request-id", id, "--functions-grpc-max-message-length", "2147483647",
        ])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = folder;
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private InvocationRequest Invocation(string function, TypedData data)
    {
        var invocation = new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = ids[function],
            TraceContext = new RpcTraceContext { TraceParent = $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01" },
        };
        invocation.InputData.Add(new ParameterBinding { Name = Functions.Single(f => f.Name == function).Parameter, Data = data });
        return invocation;
    }

    /// <summary>The host binds them: the worker takes them from what it is told, not from the address.</summary>
    private static IEnumerable<(string Name, string Value)> RouteValues(string route, string address) => $"api/{route}".Split('/')
        .Zip(address.Split('/'), (pattern, value) => (Name: pattern.Trim('{', '}'), pattern, value))
        .Where(segment => segment.pattern.StartsWith('{'))
        .Select(segment => (segment.Name, segment.value));

    private async Task InvokeAsync(string function, InvocationRequest invocation, CancellationToken ct) =>
        Demand((await AskAsync(new StreamingMessage { InvocationRequest = invocation }, ct)).InvocationResponse.Result, function);

    private async Task<StreamingMessage> AskAsync(StreamingMessage message, CancellationToken ct)
    {
        message.RequestId = message.InvocationRequest?.InvocationId ?? Guid.NewGuid().ToString();
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[message.RequestId] = answer;
        await SendAsync(message);
        await AnswerAsync(answer.Task, $"answer {message.ContentCase}", ct);
        return await answer.Task;
    }

    private async Task SendAsync(StreamingMessage message)
    {
        await writing.WaitAsync();
        try
        {
            await toWorker.WriteAsync(message);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task AnswerAsync(Task answer, string what, CancellationToken ct)
    {
        await Task.WhenAny(answer, worker.WaitForExitAsync(ct), Task.Delay(Patience, ct));
        if (!answer.IsCompleted)
        {
            throw new CheckFailedException($"The worker {(worker.HasExited ? $"ended ({worker.ExitCode})" : "doesn't")} {what}.{Said()}");
        }
    }

    private void Demand(StatusResult result, string what)
    {
        if (result.Status != StatusResult.Types.Status.Success)
        {
            throw new CheckFailedException($"{what} failed: {result.Exception?.Message}\n{result.Exception?.StackTrace}{Said()}");
        }
    }

    private void Hear(string? line)
    {
        if (line is not null)
        {
            said.Enqueue(line);
        }
    }

    private string Said() => said.IsEmpty ? "" : $"\nThe worker said last:\n{string.Join('\n', said.TakeLast(30))}";

    private sealed class Service(WorkerHost host) : FunctionRpc.FunctionRpcBase
    {
        public override async Task EventStream(
            IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
        {
            host.toWorker = responseStream;
            await foreach (var message in requestStream.ReadAllAsync())
            {
                switch (message.ContentCase)
                {
                    case StreamingMessage.ContentOneofCase.StartStream:
                        host.started.TrySetResult();
                        break;
                    case StreamingMessage.ContentOneofCase.RpcLog:
                        host.Hear($"{message.RpcLog.Category}: {message.RpcLog.Message} {message.RpcLog.Exception?.Message}");
                        break;
                    default:
                        if (host.waiting.TryRemove(message.RequestId, out var answer))
                        {
                            answer.TrySetResult(message);
                        }

                        break;
                }
            }
        }
    }
}
