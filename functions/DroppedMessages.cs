using System.Diagnostics;
using Atp.Core.Errors;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace Atp.Functions;

/// <summary>
/// Drops, with a warning, the queue messages that no retry can mend: of things that are gone, or that never were. Everything else
/// escapes, so that the host delivers the message again.
/// </summary>
public sealed partial class DroppedMessages(ILogger<DroppedMessages> log) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (DomainException e) when (e.Error.Kind is ErrorKind.Invalid or ErrorKind.NotFound
            && context.BindingContext.BindingData.TryGetValue("DequeueCount", out _))
        {
            Activity.Current?.SetTag("atp.dropped", e.Error.Code);
            Dropped(context.FunctionDefinition.Name, e.Error.Code, e.Error.Detail);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message for {Function} was dropped: {Code}. {Detail}")]
    private partial void Dropped(string function, string code, string detail);
}
