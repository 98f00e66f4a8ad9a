using System.Reflection;
using Atp.Functions.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Tests.Http;

/// <summary>What the functions declare. <see cref="AccessTableTests"/> shows that it holds.</summary>
public sealed class DeclaredAccessTests
{
    internal static readonly List<MethodInfo> HttpFunctions =
    [
        .. typeof(AtpFunctions).Assembly.GetTypes().SelectMany(t => t.GetMethods())
            .Where(m => m.GetCustomAttribute<FunctionAttribute>() is not null
                && m.GetParameters().Any(p => p.GetCustomAttribute<HttpTriggerAttribute>() is not null)),
    ];

    /// <summary>They are asked by POST, since they take a body, and change nothing: their own tests hold them to that.</summary>
    private static readonly string[] Previews = ["PreviewDeployment", "PreviewPolicyOrder"];

    [Fact]
    public void There_are_functions_to_look_at() => Assert.True(HttpFunctions.Count > 30, $"Only {HttpFunctions.Count} were found.");

    [Fact]
    public void Every_function_says_who_may_call_it() =>
        Assert.Empty(HttpFunctions.Where(m => m.GetCustomAttributes<AccessAttribute>().Count() != 1).Select(NameOf));

    [Fact]
    public void Every_role_that_a_function_names_is_one_of_the_app() => Assert.Empty(HttpFunctions
        .Where(m => m.GetCustomAttribute<AdministratorAccessAttribute>() is { } access
            && (access.Roles.Count == 0 || access.Roles.Except(Atp.Local.LocalStack.AllRoles).Any()))
        .Select(NameOf));

    [Fact]
    public void What_changes_something_asks_for_a_role_that_may_write() => Assert.Empty(HttpFunctions
        .Where(m => !Previews.Contains(m.GetCustomAttribute<FunctionAttribute>()!.Name))
        .Where(m => m.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).Single(t => t is not null)!
            .Methods!.Any(method => method != "get"))
        .Where(m => m.GetCustomAttribute<AdministratorAccessAttribute>() is { } access && access.Roles.Any(r => r == Roles.PoliciesRead))
        .Select(NameOf));

    /// <summary>It says how the API is called, and nothing of a site.</summary>
    [Fact]
    public void Only_pages_and_the_description_of_the_api_are_public() => Assert.Equal(
        ["GetApiReference", "GetApiReferenceFile", "GetDashboard", "GetDashboardFile", "GetDashboardSignIn", "GetOpenApi"], HttpFunctions
        .Where(m => m.GetCustomAttribute<PublicAccessAttribute>() is not null)
        .Select(m => m.GetCustomAttribute<FunctionAttribute>()!.Name).Order());

    [Fact]
    public void The_host_itself_asks_for_no_key_since_the_middleware_decides() => Assert.Empty(HttpFunctions
        .Where(m => m.GetParameters().Any(p => p.GetCustomAttribute<HttpTriggerAttribute>() is { AuthLevel: not AuthorizationLevel.Anonymous }))
        .Select(NameOf));

    private static string NameOf(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method.Name}";
}
