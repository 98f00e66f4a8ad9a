using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Atp.SelfHost.Hosting;

/// <summary>
/// Runs one invocation: a scope of services, the middleware in order of registration, the method, all under the function's time
/// limit. What the method throws, escapes.
/// </summary>
internal sealed partial class FunctionInvoker
{
    private static readonly Func<ILogger, string, string, IDisposable?> Scope =
        LoggerMessage.DefineScope<string, string>("{Function} {InvocationId}");

    private readonly IServiceScopeFactory scopes;
    private readonly HostSettings settings;
    private readonly ILogger<FunctionInvoker> log;
    private readonly FunctionExecutionDelegate pipeline;

    public FunctionInvoker(
        IServiceScopeFactory scopes, HostSettings settings, ILogger<FunctionInvoker> log,
        IEnumerable<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware)
    {
        (this.scopes, this.settings, this.log) = (scopes, settings, log);
        pipeline = middleware.Reverse().Aggregate((FunctionExecutionDelegate)RunAsync, (next, wrap) => wrap(next));
    }

    /// <param name="function">What to run.</param>
    /// <param name="triggerValue">Fills the trigger's parameter.</param>
    /// <param name="bindingData">Fills other parameters, by name.</param>
    /// <param name="http">For HTTP functions.</param>
    /// <param name="ct">Cancels the invocation.</param>
    /// <returns>The result, as the method or middleware left it.</returns>
    public async Task<object?> InvokeAsync(
        Function function, object? triggerValue, IReadOnlyDictionary<string, object?> bindingData, HttpContext? http, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (settings.FunctionTimeout > TimeSpan.Zero)
        {
            limit.CancelAfter(settings.FunctionTimeout);
        }

        var invocation = new Invocation(function, scope.ServiceProvider, bindingData, limit.Token);
        var result = new Invocation.Result();
        invocation.Features.Set<InvocationResult>(result);
        invocation.Features.Set(new TriggerValue(triggerValue));
        if (http is not null)
        {
            invocation.Features.Set(http);
        }

        using var logScope = Scope(log, function.Name, invocation.InvocationId);
        var started = Stopwatch.GetTimestamp();
        try
        {
            await pipeline(invocation);
            var milliseconds = (int)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            Executed(function.Name, milliseconds);
            return result.Value;
        }
        catch (Exception e)
        {
            var milliseconds = (int)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            Failed(e, function.Name, milliseconds);
            throw;
        }
    }

    private static async Task RunAsync(FunctionContext context)
    {
        var invocation = (Invocation)context;
        var function = invocation.Function;
        var instance = function.Method.IsStatic ? null : ActivatorUtilities.CreateInstance(context.InstanceServices, function.DeclaringType);
        try
        {
            var arguments = function.Method.GetParameters().Select(p => Argument(p, invocation)).ToArray();
            var returned = Call(function.Method, instance, arguments);
            context.GetInvocationResult().Value = await ResultAsync(returned);
        }
        finally
        {
            switch (instance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }

    private static object? Argument(ParameterInfo parameter, Invocation invocation)
    {
        if (invocation.Function.IsTrigger(parameter))
        {
            return invocation.Features.Get<TriggerValue>()!.Value;
        }

        if (parameter.ParameterType == typeof(FunctionContext))
        {
            return invocation;
        }

        if (parameter.ParameterType == typeof(CancellationToken))
        {
            return invocation.CancellationToken;
        }

        if (parameter.ParameterType == typeof(HttpContext))
        {
            return invocation.GetHttpContext();
        }

        return invocation.BindingContext.BindingData.GetValueOrDefault(parameter.Name!);
    }

    private static object? Call(MethodInfo method, object? instance, object?[] arguments) =>
        method.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    private static async Task<object?> ResultAsync(object? returned)
    {
        switch (returned)
        {
            case ValueTask task:
                await task;
                return null;
            case Task task:
                await task;
                var type = task.GetType();
                while (type is not null && !(type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)))
                {
                    type = type.BaseType;
                }

                // A Task without a result is a Task<VoidTaskResult> underneath.
                return type is null || type.GetGenericArguments()[0].Name == "VoidTaskResult"
                    ? null
                    : type.GetProperty(nameof(Task<object>.Result))!.GetValue(task);
            default:
                return returned;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Executed {Function} in {Milliseconds} ms")]
    private partial void Executed(string function, int milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Function} failed after {Milliseconds} ms")]
    private partial void Failed(Exception exception, string function, int milliseconds);

    private sealed record TriggerValue(object? Value);
}
