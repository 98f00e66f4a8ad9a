using Atp.Core.Errors;
using Atp.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Atp.Functions.Tests.Http;

public enum Colour
{
    Red,
    Green,
}

public sealed record Part(string Name, byte[] Content);

public sealed record Thing(string Name, Colour Colour, int? Size = null, Part? Part = null);

/// <summary>Functions that only tests have: they say what they were given, so that what all functions share can be seen alone.</summary>
public static class TestFunctions
{
    public const int SmallBody = 2048;

    [Function("ReadThing")]
    [AdministratorAccess(Roles.PoliciesRead, Roles.HealthRead)]
    public static async Task<IResult> ReadThingAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "test/things")] HttpRequest request, CancellationToken ct)
    {
        var (thing, change) = await request.ReadJsonAsync<Thing>(ct, SmallBody);
        return request.Answer(new { thing.Name, thing.Colour, thing.Size, change.BodySha256, change.RepeatabilityId, change.Caller });
    }

    [Function("ReadForm")]
    [AdministratorAccess(Roles.PoliciesRead)]
    public static async Task<IResult> ReadFormAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "test/forms")] HttpRequest request, CancellationToken ct)
    {
        var (fields, files, change) = await request.ReadFormAsync(["name", "colour"], "file", ct);
        return request.Answer(new { fields, files = files.ToDictionary(f => f.Key, f => f.Value.Length), change.BodySha256 });
    }

    [Function("ChangeThing")]
    [AdministratorAccess(Roles.PoliciesRead)]
    public static IResult ChangeThing(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "test/things")] HttpRequest request) =>
        request.Answer(new { }, request.RequireRevision() + 1);

    [Function("ListNumbers")]
    [AdministratorAccess(Roles.PoliciesRead)]
    public static IResult ListNumbers(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "test/numbers")] HttpRequest request) =>
        request.Listed(request.PageOf([.. Enumerable.Range(1, 250)]));

    [Function("Fail")]
    [AdministratorAccess(Roles.PoliciesRead)]
    public static IResult Fail([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "test/failures/{kind}")] HttpRequest request, string kind) =>
        throw (Enum.TryParse<ErrorKind>(kind, out var expected)
            ? new DomainError(expected, "test.failed", "What was wrong.") { Fields = new Dictionary<string, string[]> { ["name"] = ["Why."] } }.ToException()
            : new InvalidOperationException("connection string, stack and secret"));

    [Function("Undeclared")]
    public static IResult Undeclared([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "test/undeclared")] HttpRequest request) =>
        TypedResults.Ok(request.Path.ToString());

    [Function("Public")]
    [PublicAccess]
    public static IResult Public([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "test/public")] HttpRequest request) =>
        TypedResults.Ok(request.Path.ToString());

    [Function("DeviceOnly")]
    [DeviceAccess]
    public static IResult DeviceOnly([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "test/device")] HttpRequest request) =>
        request.Answer(request.DeviceToken());
}
