using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using Atp.Core.Agent;
using Atp.Core.Errors;
using Atp.Core.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace Atp.Functions.Http;

/// <summary>Authenticates and authorizes HTTP calls by what the function declares; without a declaration nobody gets in.</summary>
public sealed partial class AccessMiddleware(
    AdministratorTokens administrators, DeviceCredentials devices, CallLimits limits, ILogger<AccessMiddleware> log) : IFunctionsWorkerMiddleware
{
    private static readonly ConcurrentDictionary<string, AccessAttribute?> Declared = new();

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http)
        {
            // Every answer is for this caller, and for now; and no browser makes anything else of it than it says.
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Headers.XContentTypeOptions = "nosniff";
            await AuthorizeAsync(http, AccessOf(context.FunctionDefinition.EntryPoint), context.CancellationToken);
        }

        await next(context);
    }

    /// <param name="entryPoint">Namespace, class and method, as both hosts give it.</param>
    internal static AccessAttribute? AccessOf(string entryPoint) =>
        Declared.GetOrAdd(entryPoint, static name => MethodOf(name)?.GetCustomAttribute<AccessAttribute>());

    /// <inheritdoc cref="AccessOf"/>
    internal static MethodInfo? MethodOf(string entryPoint)
    {
        var dot = entryPoint.LastIndexOf('.');
        var type = AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetType(entryPoint[..dot])).FirstOrDefault(t => t is not null);
        return type?.GetMethod(entryPoint[(dot + 1)..]);
    }

    private async Task AuthorizeAsync(HttpContext http, AccessAttribute? access, CancellationToken ct)
    {
        var authorization = http.Request.Headers.Authorization.ToString();
        switch (access)
        {
            case AdministratorAccessAttribute needed:
                var administrator = await KnownAsync(http, administrators.ValidateAsync(authorization, ct));
                limits.CountAdministrator(administrator.Caller.Id);
                if (!needed.Roles.Any(administrator.Roles.Contains))
                {
                    throw new DomainError(ErrorKind.Forbidden, "role.missing",
                        $"This needs one of the app roles {string.Join(", ", needed.Roles)}.").ToException();
                }

                http.Items[typeof(Caller)] = administrator.Caller with { Address = http.CallerAddress() };
                http.Items[typeof(Administrator)] = administrator;
                break;
            case DeviceAccessAttribute:
                var device = await KnownAsync(http, DeviceAsync(authorization, ct));
                limits.CountDevice(device.DeviceId);
                http.Items[typeof(DeviceToken)] = device;
                http.Items[typeof(Caller)] = Caller.Device(device.DeviceId) with { Address = http.CallerAddress() };
                break;
            case PublicAccessAttribute:
                limits.CountAnonymous(http.CallerAddress());
                break;
            default:
                throw new DomainError(ErrorKind.Forbidden, "access.undeclared", "Nobody may call this.").ToException();
        }
    }

    private async Task<DeviceToken> DeviceAsync(string authorization, CancellationToken ct) => await devices.VerifyAsync(authorization, ct)
        ?? throw new DomainError(ErrorKind.Unauthenticated, "device.token-invalid",
            "The device's token is missing, expired or not valid. Sign a new one, for a day at most.").ToException();

    /// <summary>Who calls. A refusal is counted, and told to the log, which says no more of a token than the validator's code does.</summary>
    private async Task<T> KnownAsync<T>(HttpContext http, Task<T> authenticated)
    {
        try
        {
            return await authenticated;
        }
        catch (DomainException e) when (e.Error.Kind == ErrorKind.Unauthenticated)
        {
            var address = http.CallerAddress();
            limits.CountAnonymous(address);
            var reason = ReasonOf(e.InnerException);
            Refused(http.Request.Method, address, e.Error.Code, reason);
            throw;
        }
    }

    /// <summary>The validator's messages may quote the token, but for the code that they begin with.</summary>
    private static string ReasonOf(Exception? why) =>
        why is null ? "" : ReasonCode().Match(why.Message) is { Success: true } code ? $"{why.GetType().Name} {code.Value}" : why.GetType().Name;

    [GeneratedRegex("^IDX[0-9]{5}")]
    private static partial Regex ReasonCode();

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused a {Method} from {Address}: {Code} {Reason}")]
    private partial void Refused(string method, string? address, string code, string reason);
}
