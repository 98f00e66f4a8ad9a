using System.Security.Cryptography;
using System.Text;
using Atp.SelfHost.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Atp.SelfHost.Http;

/// <summary>Maps HTTP functions to routes: unknown route or wrong method 404, an exception that escapes 500 with an empty body.</summary>
internal sealed class HttpFunctions(FunctionInvoker invoker, HostSettings settings, IConfiguration configuration)
{
    public void Map(WebApplication app, IEnumerable<Function> functions)
    {
        // The router answers 405 for a wrong method; the host answers 404.
        app.Use(async (context, next) =>
        {
            await next(context);
            if (context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
            {
                context.Response.Headers.Allow = default;
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
        });
        app.UseRouting();
        foreach (var function in functions)
        {
            var trigger = (HttpTriggerAttribute)function.Trigger;
            var route = Settings.Resolve(trigger.Route ?? function.Name, configuration).TrimStart('/');
            var pattern = settings.RoutePrefix.Length == 0 ? $"/{route}" : $"/{settings.RoutePrefix}/{route}";
            RequestDelegate handler = context => HandleAsync(function, trigger, context);
            if (trigger.Methods is { } methods)
            {
                app.MapMethods(pattern, methods.Select(m => m.ToUpperInvariant()), handler);
            }
            else
            {
                app.Map(pattern, handler);
            }
        }
    }

    private async Task HandleAsync(Function function, HttpTriggerAttribute trigger, HttpContext context)
    {
        if (trigger.AuthLevel != AuthorizationLevel.Anonymous && !HasKey(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var bindingData = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var parameter in function.Method.GetParameters())
        {
            if (context.GetRouteValue(parameter.Name!) is { } value)
            {
                if (!RouteValue.TryConvert(value.ToString(), parameter.ParameterType, out var converted))
                {
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    return;
                }

                bindingData[parameter.Name!] = converted;
            }
        }

        object triggerValue = function.TriggerParameter.ParameterType == typeof(HttpContext) ? context : context.Request;
        try
        {
            var result = await invoker.InvokeAsync(function, triggerValue, bindingData, context, context.RequestAborted);
            await WriteAsync(context, result);
        }
        catch (Exception) when (!context.Response.HasStarted)
        {
            // The invoker has logged it. Nothing of it goes to the caller.
            context.Response.Clear();
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    private static async Task WriteAsync(HttpContext context, object? result)
    {
        switch (result)
        {
            case IResult answer:
                await answer.ExecuteAsync(context);
                break;
            case null when !context.Response.HasStarted && context.Response.StatusCode == StatusCodes.Status200OK:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case null:
                break;
            case string text:
                await context.Response.WriteAsync(text, context.RequestAborted);
                break;
            default:
                await context.Response.WriteAsJsonAsync(result, result.GetType(), context.RequestAborted);
                break;
        }
    }

    /// <summary>The header wins over the query; compared in constant time.</summary>
    private bool HasKey(HttpRequest request)
    {
        var given = Encoding.UTF8.GetBytes(
            request.Headers["x-functions-key"].FirstOrDefault() ?? request.Query["code"].FirstOrDefault() ?? "");
        return configuration.GetSection("SelfHost:Keys").GetChildren().Aggregate(false, (found, key) =>
            found | (key.Value is { Length: > 0 } value && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(value), given)));
    }
}
