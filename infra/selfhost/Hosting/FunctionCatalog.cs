using System.Reflection;
using Azure.Storage.Queues.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.Extensions.Configuration;

namespace Atp.SelfHost.Hosting;

/// <summary>Finds the functions and refuses all that are misdeclared, each by its name, before anything is served.</summary>
internal static class FunctionCatalog
{
    private static readonly Type[] QueueData = [typeof(string), typeof(byte[]), typeof(BinaryData), typeof(QueueMessage)];
    private static readonly string[] ReservedRoutes = ["admin", "runtime"];

    /// <exception cref="InvalidOperationException">Names every function that can't run, and why.</exception>
    public static IReadOnlyList<Function> Find(IEnumerable<Type> types, IConfiguration configuration)
    {
        var problems = new List<string>();
        var functions = new List<Function>();
        var methods = types.Where(t => t is { IsClass: true, ContainsGenericParameters: false })
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Select(m => (Method: m, m.GetCustomAttribute<FunctionAttribute>()?.Name))
            .Where(m => m.Name is not null);
        foreach (var (method, name) in methods)
        {
            if (Read(name!, method, configuration, out var problem) is { } function)
            {
                functions.Add(function);
            }
            else
            {
                problems.Add($"{name}: {problem}");
            }
        }

        problems.AddRange(functions.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
            .Select(g => $"{g.Key}: {g.Count()} functions have this name ({string.Join(", ", g.Select(f => f.EntryPoint))})."));
        return problems.Count == 0
            ? functions
            : throw new InvalidOperationException($"Misdeclared functions:{Environment.NewLine}{string.Join(Environment.NewLine, problems)}");
    }

    /// <summary><c>AzureWebJobs.{Function}.Disabled</c>.</summary>
    public static bool IsDisabled(Function function, IConfiguration configuration) =>
        configuration[$"AzureWebJobs.{function.Name}.Disabled"] is "1" || (bool.TryParse(configuration[$"AzureWebJobs.{function.Name}.Disabled"], out var disabled) && disabled);

    private static Function? Read(string name, MethodInfo method, IConfiguration configuration, out string problem)
    {
        var triggers = method.GetParameters()
            .Select(p => (Parameter: p, Trigger: p.GetCustomAttribute<TriggerBindingAttribute>())).Where(p => p.Trigger is not null).ToList();
        if (triggers.Count != 1)
        {
            problem = triggers.Count == 0 ? "it has no trigger." : $"it has {triggers.Count} triggers; a function has one.";
            return null;
        }

        var function = new Function(name, method, triggers[0].Parameter, triggers[0].Trigger!);
        problem = (function.Trigger switch
        {
            HttpTriggerAttribute http => CheckHttp(function, http, configuration),
            QueueTriggerAttribute queue => CheckQueue(function, queue, configuration),
            TimerTriggerAttribute timer => CheckTimer(function, timer, configuration),
            _ => $"this host has no {function.Trigger.GetType().Name}.",
        }) ?? "";
        return problem.Length == 0 ? function : null;
    }

    private static string? CheckHttp(Function function, HttpTriggerAttribute http, IConfiguration configuration)
    {
        if (Resolve(http.Route ?? function.Name, configuration, out var route) is { } problem)
        {
            return problem;
        }

        RoutePattern pattern;
        try
        {
            pattern = RoutePatternFactory.Parse(route);
        }
        catch (RoutePatternException e)
        {
            return $"its route '{route}' can't be read: {e.Message}";
        }

        if (ReservedRoutes.Any(r => route.StartsWith(r, StringComparison.OrdinalIgnoreCase)))
        {
            return $"its route '{route}' starts with one that is the host's own (admin, runtime).";
        }

        foreach (var parameter in function.Method.GetParameters())
        {
            var isRouteValue = pattern.Parameters.Any(p => p.Name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase));
            var known = function.IsTrigger(parameter)
                ? parameter.ParameterType == typeof(HttpRequest) || parameter.ParameterType == typeof(HttpContext)
                : IsContext(parameter) || parameter.ParameterType == typeof(HttpContext) || (isRouteValue && Http.RouteValue.CanBe(parameter.ParameterType));
            if (!known)
            {
                return UnknownParameter(parameter);
            }
        }

        return null;
    }

    private static string? CheckQueue(Function function, QueueTriggerAttribute queue, IConfiguration configuration)
    {
        if (Resolve(queue.QueueName, configuration, out _) is { } problem)
        {
            return problem;
        }

        foreach (var parameter in function.Method.GetParameters().Where(p => !function.IsTrigger(p) && !IsContext(p)))
        {
            if (!Queues.QueueBinding.Names.Contains(parameter.Name!))
            {
                return UnknownParameter(parameter);
            }
        }

        var type = function.TriggerParameter.ParameterType;
        return QueueData.Contains(type) || (!type.IsAbstract && !type.IsInterface && !type.IsPrimitive && !type.IsPointer && type != typeof(Stream))
            ? null
            : UnknownParameter(function.TriggerParameter);
    }

    private static string? CheckTimer(Function function, TimerTriggerAttribute timer, IConfiguration configuration)
    {
        if (Resolve(timer.Schedule, configuration, out var schedule) is { } problem)
        {
            return problem;
        }

        if (!Timers.TimerSchedule.TryParse(schedule, out _))
        {
            return $"its schedule '{schedule}' is neither an NCRONTAB line of six fields nor a time span.";
        }

        var unknown = function.Method.GetParameters().FirstOrDefault(p =>
            function.IsTrigger(p) ? p.ParameterType != typeof(TimerInfo) : !IsContext(p));
        return unknown is null ? null : UnknownParameter(unknown);
    }

    private static bool IsContext(ParameterInfo parameter) => parameter.ParameterType == typeof(FunctionContext)
        || parameter.ParameterType == typeof(CancellationToken);

    private static string UnknownParameter(ParameterInfo parameter) =>
        $"its parameter '{parameter.Name}' has a type or name that can't be bound: {parameter.ParameterType.Name}.";

    private static string? Resolve(string text, IConfiguration configuration, out string resolved) =>
        Settings.TryResolve(text, configuration, out resolved, out var missing) ? null : $"the setting '{missing}' that %{missing}% names is missing.";
}
